"""The page of a person's views of the list: saving, sharing, taking away, and which opens first."""

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from repairs import saved_views
from repairs.errors import Refusal
from repairs.models import DefaultView, SavedView

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def views_of(person: "User") -> QuerySet[SavedView]:
    """The views that a person sees, each with whether the person's orders open with it (`is_default`)."""
    default = DefaultView.objects.filter(person=person.pk, view=OuterRef("pk"))
    seen: QuerySet[SavedView] = SavedView.objects.seen_by(person.pk)
    return seen.select_related("owner").annotate(is_default=Exists(default))


@require_http_methods(["GET", "HEAD", "POST"])
def views(request: HttpRequest) -> HttpResponse:
    """Shows the views; POST saves a list (`list`) under a name. 422 when that is refused, with what was typed."""
    if request.method != "POST":
        return _shown(request)
    sent, by = request.POST, _person(request)
    try:
        view = saved_views.save(
            by=by,
            name=sent.get("name", ""),
            address=sent.get("list", ""),
            shared="shared" in sent,
            replace="replace" in sent,
        )
    except Refusal as refusal:
        taken = isinstance(refusal, saved_views.NameTaken)
        return _shown(request, status=422, refusal=refusal, taken=taken, sent=sent)
    messages.success(request, f"The view “{view}” is saved.")
    return redirect(view)


@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """One act on a view: default, usual, share, keep or delete."""
    by = _person(request)
    view = get_object_or_404(views_of(by), pk=pk)
    try:
        told = _done(view, by=by, act=request.POST.get("act", ""))
    except Refusal as refusal:
        return _shown(request, status=422, refusal=refusal)
    messages.success(request, told)
    return redirect("views")


def _done(view: SavedView, *, by: "User", act: str) -> str:
    match act:
        case "default":
            saved_views.make_default(view, by=by)
            return f"Your orders open with “{view}” from now on."
        case "usual":
            saved_views.forget_default(by=by)
            return "Your orders open with the usual list from now on."
        case "share" | "keep":
            saved_views.share(view, by=by, shared=act == "share")
            return f"“{view}” is shared." if act == "share" else f"“{view}” is yours alone."
        case "delete":
            saved_views.delete(view, by=by)
            return f"“{view}” is deleted."
    raise Refusal("Please choose what to do with the view.")


def _shown(request: HttpRequest, *, status: int = 200, **shown: object) -> HttpResponse:
    context = {"views": views_of(_person(request)), "me": _person(request).pk}
    return render(request, "repairs/views.html", context | shown, status=status)


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)
