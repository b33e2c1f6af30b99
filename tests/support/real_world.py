"""Keeps what this machine's environment says about the real world away from the tests."""

import base64
from collections.abc import MutableMapping
from pathlib import Path

REAL_PREFIXES = (
    "AI_",
    "ANTHROPIC_",
    "AZURE_",
    "DATABASE_",
    "EXCEL_",
    "GENTHRUST_",
    "GRAPH_",
    "MAIL_",
    "MICROSOFT_",
    "MS_GRAPH_",
    "SESSION_",
    "SHAREPOINT_",
    "SIGN_",
    "SYNC_",
)
REAL_NAMES = (
    "ALLOWED_HOSTS",
    "COMPANY_TIME_ZONE",
    "DATA_DIR",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "ENVIRONMENT_NAME",
    "LOCAL_ACCOUNTS",
    "LOG_LEVEL",
    "REDIS_URL",
    "SECRET_KEY",
    "TOKEN_KEYS",
)
PROXY_NAMES = ("all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy", "ws_proxy", "wss_proxy")


def leave_real_world(environment: MutableMapping[str, str], data: Path) -> None:
    """Remove every setting of a real installation and every proxy; children inherit the result."""
    for name in list(environment):
        if name.startswith(REAL_PREFIXES) or name in REAL_NAMES or name.lower() in PROXY_NAMES:
            del environment[name]
    environment["PYTHON_DOTENV_DISABLED"] = "1"  # a developer's .env counts as the real world too
    environment["SECRET_KEY"] = "only-for-tests-" + "0" * 50
    environment["TOKEN_KEYS"] = base64.urlsafe_b64encode(b"only for tests".ljust(32, b"-")).decode()
    environment["DATA_DIR"] = str(data)
