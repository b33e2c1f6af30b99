"""Calendar: events that are made once for each transaction id, all-day ones from midnight to midnight."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sync.emulator.errors import GraphError
from sync.emulator.http import Response
from sync.emulator.outlook import values
from sync.emulator.outlook.answers import find, heading, many, one, preference
from sync.emulator.outlook.errors import invalid_value, not_settable
from sync.emulator.outlook.extended import PROPERTY, expanded_ids, extended_properties, shown
from sync.emulator.outlook.items import Item
from sync.emulator.outlook.messages import plain
from sync.emulator.outlook.postoffice import Mailbox
from sync.emulator.outlook.queries import Collection, selected
from sync.emulator.outlook.rights import mailbox_of
from sync.emulator.outlook.zones import date_time_zone, instant, on_the_clock, zone

if TYPE_CHECKING:
    from sync.emulator.state import Call

_SETTABLE: dict[str, values.Check] = {
    "subject": values.text,
    "body": values.body,
    "start": date_time_zone,
    "end": date_time_zone,
    "isAllDay": values.flag,
    "showAs": values.one_of("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"),
    "categories": values.texts,
    "importance": values.one_of("low", "normal", "high"),
    "sensitivity": values.one_of("normal", "personal", "private", "confidential"),
    "isReminderOn": values.flag,
    "reminderMinutesBeforeStart": values.number,
    "transactionId": values.text,
    PROPERTY: extended_properties,
}
_READ_ONLY = frozenset(
    {
        *("id", "changeKey", "createdDateTime", "lastModifiedDateTime", "bodyPreview", "webLink", "iCalUId"),
        *(
            "originalStartTimeZone",
            "originalEndTimeZone",
            "isCancelled",
            "isOrganizer",
            "hasAttachments",
            "type",
        ),
    }
)
_DEFAULTS: dict[str, Any] = {
    "subject": "",
    "body": {"contentType": "html", "content": ""},
    "isAllDay": False,
    "showAs": "busy",
    "categories": [],
    "importance": "normal",
    "sensitivity": "normal",
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "transactionId": None,
    "isCancelled": False,
    "isOrganizer": True,
    "hasAttachments": False,
    "type": "singleInstance",
}
COLLECTION = Collection(
    type_name="event",
    properties=_READ_ONLY | (_SETTABLE.keys() - {PROPERTY}),
    filters={"createdDateTime": "time", "lastModifiedDateTime": "time"},
    sorts=("createdDateTime", "lastModifiedDateTime"),
    extended=True,
)


def create_event(call: Call) -> Response:
    """A new event, or the one that the same request has made before."""
    box = mailbox_of(call)
    given = _read(call.request.json())
    if (event := _made_before(call, box, given)) is None:
        event = _new_event(given, now=call.emulator.post.now())
        box.events.append(event)
        call.emulator.post.changed()
    return _answer(call, box, event, status=201)


def get_event(call: Call) -> Response:
    """One event."""
    box = mailbox_of(call)
    return _answer(call, box, find(call, box.events, "event"))


def list_events(call: Call) -> Response:
    """All events of the calendar."""
    box = mailbox_of(call)
    return many(call, box, "events", box.events, COLLECTION, show=lambda event: _show(call, event))


def change_event(call: Call) -> Response:
    """Change an event."""
    box = mailbox_of(call)
    event = find(call, box.events, "event")
    changes = _read(call.request.json())
    if "transactionId" in changes:
        raise not_settable("Set action is invalid for property 'transactionId'.")
    extended = changes.pop(PROPERTY, {})
    data = event.data | changes
    _check_times(data)
    event.data, event.extended = data, event.extended | extended
    event.touch(call.emulator.post.now())
    call.emulator.post.changed()
    return _answer(call, box, event)


def delete_event(call: Call) -> Response:
    """Out of the calendar; it is not found there any more."""
    box = mailbox_of(call)
    box.events.remove(find(call, box.events, "event"))
    call.emulator.post.changed()
    return Response(204)


def _read(body: Any) -> dict[str, Any]:
    if isinstance(body, dict) and (closed := _READ_ONLY & body.keys()):
        raise not_settable(f"Set action is invalid for property '{sorted(closed)[0]}'.")
    return values.read_properties(body, "event", _SETTABLE)


def _made_before(call: Call, box: Mailbox, given: dict[str, Any]) -> Item | None:
    """The event of the same transaction. GraphError when that one was created from something else."""
    if not (transaction := given.get("transactionId")):
        return None
    same = [event for event in box.events if (event.origin or {}).get("transactionId") == transaction]
    if same and same[0].origin != given:
        raise GraphError(
            call.emulator.options.duplicate_transaction_status,
            "Your request can't be completed. The TransactionId specified in the request has already been used to "
            "create a different event.",
            code="ErrorDuplicateTransactionId",
        )
    return same[0] if same else None


def _new_event(given: dict[str, Any], *, now: str) -> Item:
    data = {"createdDateTime": now, **_DEFAULTS, **given}
    _check_times(data)
    extended = dict(data.pop(PROPERTY, {}))
    event = Item("calendar", data, extended, origin=given)
    data["iCalUId"] = event.immutable_id[-40:]
    event.touch(now)
    return event


def _check_times(data: dict[str, Any]) -> None:
    """GraphError 400 for an event without times, one that ends before it starts, and for parts of a whole day."""
    if "start" not in data or "end" not in data:
        raise invalid_value("The Start and End properties of an event must be set.")
    if instant(data["end"]) < instant(data["start"]):
        raise invalid_value("The End of an event cannot be earlier than its Start.")
    if not data["isAllDay"]:
        return
    for name in ("start", "end"):
        if "T00:00:00." not in data[name]["dateTime"]:
            raise invalid_value(
                f"The Event.{name.capitalize()} property for an all-day event needs to be set to midnight."
            )
    if data["start"]["timeZone"].lower() != data["end"]["timeZone"].lower():
        raise invalid_value("The Start and End of an all-day event must be in the same time zone.")
    if data["start"]["dateTime"] == data["end"]["dateTime"]:
        raise invalid_value("The duration of an event marked as All day must be at least 24 hours.")


def _show(call: Call, event: Item) -> dict[str, Any]:
    data = event.data
    everything = data | {
        "bodyPreview": plain(data["body"])[:255],
        "webLink": f"https://outlook.office365.com/owa/?itemid={quote(event.id, safe='')}&path=/calendar/item",
        "start": _shown_time(call, data, "start"),
        "end": _shown_time(call, data, "end"),
        "originalStartTimeZone": data["start"]["timeZone"],
        "originalEndTimeZone": data["end"]["timeZone"],
    }
    wanted = selected(call.request, COLLECTION)
    expanded = expanded_ids(call.request.query_value("$expand"))
    properties = {name: value for name, value in everything.items() if wanted is None or name in wanted}
    return {**heading(call, event), **properties, **shown(event.extended, expanded)}


def _shown_time(call: Call, data: dict[str, Any], name: str) -> dict[str, str]:
    """In UTC or in the zone that the request prefers; all-day events stand at midnight in every zone."""
    wanted = preference(call, "outlook.timezone") or "UTC"
    moment = (
        datetime.fromisoformat(data[name]["dateTime"])
        if data["isAllDay"]
        else instant(data[name]).astimezone(zone(wanted))
    )
    return {"dateTime": on_the_clock(moment), "timeZone": wanted}


def _answer(call: Call, box: Mailbox, event: Item, *, status: int = 200) -> Response:
    return one(call, box, "events", _show(call, event), status=status)
