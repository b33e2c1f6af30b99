"""What migrations write besides tables, for tests that swept it away."""

import importlib

from django.apps import apps


def write_what_migrations_wrote() -> None:
    """The rules, the words of the mails and the roles; no account is given a role here."""
    importlib.import_module("repairs.migrations.0002_rules").write_rules(apps, None)
    importlib.import_module("notifications.migrations.0002_templates").write_templates(apps, None)
    importlib.import_module("people.migrations.0001_roles").make(apps, None)
