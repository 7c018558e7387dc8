import contextlib
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from medinform import sealing
from portal.storage import integrity, restore


class Command(BaseCommand):
    help = "Fill an empty portal from a backup. No process of the portal may run meanwhile. Needs the BACKUP_KEY that sealed it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where from; - reads from the standard input")
        parser.add_argument("--check", action="store_true", help="read all of it and change nothing")
        parser.add_argument("--replace", action="store_true", help="delete whatever is in this portal first")

    def handle(self, *args: Any, **options: Any) -> None:
        is_file = options["file"] != "-"
        try:
            key = sealing.key(settings.BACKUP_KEY)
            with contextlib.ExitStack() as opened:
                source = opened.enter_context(Path(options["file"]).open("rb")) if is_file else sys.stdin.buffer
                if options["check"] or (options["replace"] and is_file):  # nothing is deleted for a backup that is of no use
                    done = restore.check(source, key)
                if not options["check"]:
                    if is_file:
                        source.seek(0)
                    done = restore.restore(source, key, replace=options["replace"])
        except sealing.SealError as error:
            raise CommandError(f"BACKUP_KEY: {error}") from error
        except (restore.NotRestorable, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        for file in done.faulty:
            self.stderr.write(f"was missing or damaged when the backup was made: {file}")
        self.stdout.write(f"{sum(done.rows.values())} rows, {done.files} files, as they were at {done.made_at}")
        if not options["check"]:
            found = integrity.verify()
            if found.missing or found.damaged:
                raise CommandError(f"{len(found.missing)} files are missing, {len(found.damaged)} damaged; verify_storage names them")
