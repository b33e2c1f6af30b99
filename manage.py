#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    """Runs one command. A setting that the program can't work with ends it with a sentence and exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genthrust.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from genthrust.env import check_database

    try:
        check_database(settings.DATABASES["default"])
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
