"""The page of what a run wrote into the workbook, before beside after, and the undo of all or some of it."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from repairs.admin import office_page
from repairs.errors import Refusal
from repairs.keys import read_key
from repairs.wording import counted
from sync import undo
from sync.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_SHOWN = 2_000


def page(request: HttpRequest, model_admin: Any, object_id: str) -> HttpResponse:
    run = Run.objects.filter(pk=read_key(object_id) or 0).first()
    if run is None:
        raise Http404
    may_undo = request.user.has_perm("repairs.change_repairorder")
    if request.method == "POST":
        if not may_undo:
            raise PermissionDenied
        _undo(request, run)
        return redirect(request.path)
    cells = undo.what_it_wrote(run)
    context = {
        "run": run,
        "cells": cells[:MOST_SHOWN],
        "left_off": max(0, len(cells) - MOST_SHOWN),
        "may_undo": may_undo and any(not cell.reason for cell in cells),
    }
    return office_page(request, model_admin, "admin/sync/undo.html", f"What {run} wrote", context)


def _undo(request: HttpRequest, run: Run) -> None:
    try:
        done, refused = undo.undo(run, keys=set(request.POST.getlist("cell")), by=cast("User", request.user))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return
    for sentence in refused:
        messages.error(request, sentence)
    if done:
        messages.success(request, f"{counted(done, 'value')} put back; Excel follows.")
