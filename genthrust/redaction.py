"""Keeps secrets out of logs and error pages: the values of our own settings, and what looks like one of others'.

It is the last line of defence; nothing is logged in the hope that it is found here.
"""

import logging
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.views.debug import SafeExceptionReporterFilter

HIDDEN = "[hidden]"
# Settings that are secret as a whole. Shorter values than this are no secrets, and would hide innocent words.
SECRET_SETTINGS = (
    *("SECRET_KEY", "TOKEN_KEYS", "GRAPH_STATIC_TOKEN", "ANTHROPIC_API_KEY", "SIGN_IN_CLIENT_SECRET"),
    *("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
)
SHORTEST = 8
_NAMES = (
    r"(?:pass(?:word|wd)?|secret|client_secret|token|access_token|refresh_token|id_token|api[-_]?key|x-api-key"
    r"|secret[-_]?key|session(?:id)?|sessionid|csrftoken|csrfmiddlewaretoken|code_verifier|tempauth|sig|assertion)"
)
_PATTERNS = (
    # Authorization: Bearer …, in a header, a dictionary or a sentence
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?)(?!bearer|basic)[^\s'\",}]+"), rf"\1{HIDDEN}"),
    # scheme://user:password@host
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@'\"]*):[^\s@/'\"]+@"), rf"\1:{HIDDEN}@"),
    # name=value and "name": "value"
    (re.compile(rf"(?i)(?<![a-z]){_NAMES}(['\"]?\s*[:=]\s*)(['\"])(?:(?!\2).)+\2"), None),
    (re.compile(rf"(?i)(?<![a-z]){_NAMES}(\s*=\s*|['\"]\s*:\s*)[^\s'\",;&)}}]+"), None),
    # tokens of Microsoft and Anthropic wherever they stand
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (re.compile(r"\b(?:sk-ant-|0\.A|1\.A|M\.C)[A-Za-z0-9_-]{16,}[A-Za-z0-9._-]*"), HIDDEN),
)


def redacted(text: str) -> str:
    """The text without secrets."""
    for secret in _own_secrets(_fingerprint()):
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement or _keeping_the_name, text)
    return text


def _keeping_the_name(found: re.Match[str]) -> str:
    name_and_sign = found.group(0)[: found.end(1) - found.start(0)]
    return f"{name_and_sign}{HIDDEN}"


def _fingerprint() -> tuple[str, ...]:
    """Everything secret in the settings, as it stands there now."""
    database = settings.DATABASES["default"].get("PASSWORD") or ""
    of_redis = urlsplit(settings.REDIS_URL or "").password or ""
    named = (_texts(getattr(settings, name, "")) for name in SECRET_SETTINGS)
    return (str(database), unquote(of_redis), of_redis, *(text for texts in named for text in texts))


def _texts(value: Any) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list | tuple) else [str(value or "")]


@lru_cache(maxsize=8)
def _own_secrets(values: tuple[str, ...]) -> tuple[str, ...]:
    """The longest first, so that one that holds another goes as a whole."""
    return tuple(sorted({value for value in values if len(value) >= SHORTEST}, key=len, reverse=True))


class LineFormatter(logging.Formatter):
    """One line of plain text for each record, and its traceback, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class NoSecretsInReports(SafeExceptionReporterFilter):
    """Django's error report in development: addresses that may hold a password are hidden as well."""

    hidden_settings = re.compile(
        rf"{SafeExceptionReporterFilter.hidden_settings.pattern}|URL$|BROKER|CHANNEL", re.IGNORECASE
    )
