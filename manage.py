#!/usr/bin/env python
"""The project's command line: ``.venv/bin/python manage.py COMMAND``."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "This Python has no Django. Type .venv/bin/python manage.py …; if there is no .venv yet, "
            "deploy/setup.sh run makes it."
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
