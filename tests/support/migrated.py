"""What migrations wrote, written again where a test with real transactions has swept it away with its own rows."""

import importlib

from django.apps import apps


def write_rules_and_words() -> None:
    importlib.import_module("repairs.migrations.0002_rules").write_rules(apps, None)
    importlib.import_module("notifications.migrations.0002_templates").write_templates(apps, None)
