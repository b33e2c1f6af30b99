"""Refusals as Exchange words them: one code, no second level."""

from __future__ import annotations

from sync.emulator.errors import GraphError

_NOT_IN_STORE = "The specified object was not found in the store."


def item_not_found() -> GraphError:
    """404: gone, moved under another id, or never there."""
    return GraphError(404, _NOT_IN_STORE, code="ErrorItemNotFound")


def malformed_id() -> GraphError:
    """400: the id is not of the kind that the request's header asked for."""
    return GraphError(400, "Id is malformed.", code="ErrorInvalidIdMalformed")


def invalid_body(message: str) -> GraphError:
    """400: the body says something that the type cannot hold."""
    return GraphError(400, message, code="RequestBodyRead")


def unknown_property(name: str, type_name: str) -> GraphError:
    """400: no such property on the type."""
    return invalid_body(
        f"The property '{name}' does not exist on type 'microsoft.graph.{type_name}'. Make sure to only use "
        "property names that are defined by the type or mark the type as open type."
    )


def not_settable(message: str) -> GraphError:
    """400: the property exists, but not to be set like this or now."""
    return GraphError(400, message, code="ErrorInvalidPropertySet")


def invalid_value(message: str) -> GraphError:
    """400: the values do not go together."""
    return GraphError(400, message, code="ErrorPropertyValidationFailure")


def invalid_query(message: str) -> GraphError:
    """400: a query option that the service does not understand."""
    return GraphError(400, message, code="RequestBroker--ParseUri")


def invalid_filter() -> GraphError:
    """400: a `$filter` with something in it that cannot be searched for."""
    return GraphError(
        400, "The query filter contains one or more invalid nodes.", code="ErrorInvalidUrlQueryFilter"
    )


def invalid_recipients(reason: str) -> GraphError:
    """400: a message that cannot go anywhere."""
    return GraphError(400, f"At least one recipient is not valid., {reason}", code="ErrorInvalidRecipients")


def send_as_denied() -> GraphError:
    """403: the mailbox may be opened, but nothing may be sent in its name."""
    return GraphError(
        403,
        "The user account which was used to submit this request does not have the right to send mail on behalf "
        "of the specified sending account., Cannot submit message.",
        code="ErrorSendAsDenied",
    )
