"""Other words for a draft: how far that is, and the buttons that ask for it."""

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ai import drafting
from ai.templatetags.assistant import words_context
from notifications.models import Notification
from repairs.errors import Refusal
from repairs.keys import read_key

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """How the model's words for a draft stand, as a fragment of its page; POST asks for others."""
    draft = get_object_or_404(Notification.objects.select_related("order"), pk=pk)
    if request.method != "POST":
        seen = read_key(request.GET.get("seen", "")) or 0
        return render(request, "ai/_draft_words.html", words_context(draft, seen=seen))
    try:
        drafting.ask_for(
            draft,
            tone=request.POST.get("tone", ""),
            by=cast("User", request.user),
            expected_version=read_key(request.POST.get("expected_version", "")) or 0,
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "It is being put into other words.")
    return redirect(draft)
