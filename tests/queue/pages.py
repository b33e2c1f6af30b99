"""What the stories of the queue's pages see there."""

import re

from django.test import Client

from notifications.models import Notification

HTMX = {"HX-Request": "true"}
State = Notification.State


def text_of(site: Client, path: str) -> str:
    answer = site.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def state(entry: Notification) -> str:
    entry.refresh_from_db()
    return entry.state


def seen_on(page: str) -> list[str]:
    return re.findall(r'name="seen" value="([0-9:]+)"', page)


def typed(draft: Notification, **changes: str) -> dict[str, str]:
    shown = {name: getattr(draft, name) for name in ("to_address", "subject", "body")}
    return shown | {"expected_version": str(draft.version)} | changes
