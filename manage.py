#!/usr/bin/env python
"""Django's command line. Without SECRET_KEY and DATABASE_URL it works on the portal that `make run` starts."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")
    if not (os.environ.get("SECRET_KEY") or os.environ.get("DATABASE_URL")):
        from medinform.run import set_defaults

        set_defaults()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
