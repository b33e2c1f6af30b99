"""What was asked of the model is for the office to read, and goes after its time."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from ai.models import Conversation, Rewording, Use
from genthrust import retention
from notifications import queue
from notifications.models import Notification
from repairs import clock
from repairs.models import RepairOrder
from sync.models import Run
from tests.assistant.standin import StandIn
from tests.assistant.talks import ask, work

pytestmark = pytest.mark.django_db


def forget_what_is_old() -> None:
    """As the daily run does."""
    list(retention.purge(dry_run=False))


def test_it_is_kept_for_as_long_as_the_setting_says(model: StandIn, tom: User, settings: Settings) -> None:
    settings.AI_KEEP_DAYS = 7
    model.says("Old.", times=None)
    for question in ("old", "young"):
        ask(tom, question)
    old = Use.objects.earliest("pk")
    Use.objects.filter(pk=old.pk).update(at=clock.now() - timedelta(days=7, seconds=1))
    forget_what_is_old()
    assert [use.pk != old.pk for use in Use.objects.all()] == [True]
    assert Conversation.objects.count() == 2, "conversations are kept until their person deletes them"


def test_old_wishes_for_other_words_go_unless_they_wait(model: StandIn, order: RepairOrder) -> None:
    queue.draft_for(order, cause=Notification.Cause.OVERDUE)
    Rewording.objects.update(created_at=clock.now() - timedelta(days=1000))
    forget_what_is_old()
    assert Rewording.objects.exists()
    work()
    Run.objects.update(state=Run.State.CANCELLED)
    forget_what_is_old()
    assert not Rewording.objects.exists()


def test_admins_read_it_and_changes_nothing(model: StandIn, tom: User, amy: User, client: Client) -> None:
    model.says("Hello.")
    ask(tom, "a question")
    address = f"/admin/ai/use/{Use.objects.get().pk}/change/"
    client.force_login(amy)
    page = client.get(address).content.decode()
    for sent in (
        "a question",
        "You are the assistant",
        "additionalProperties",
        "claude-sonnet-5",
        "max_tokens",
    ):
        assert sent in page, sent
    assert client.post(address, {"error": "x"}).status_code == 403
    assert client.get("/admin/ai/use/").status_code == 200
    client.force_login(tom)
    assert client.get(address).status_code == 404
