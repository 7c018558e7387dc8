import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from medinform import sealing
from medinform.storage import Busy
from portal.storage.backup import back_up


class Command(BaseCommand):
    help = "Write the database and all files, as they are now, into one file sealed with BACKUP_KEY. The portal runs on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where to; - writes to the standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = sealing.key(settings.BACKUP_KEY)
            if options["file"] == "-":
                done = back_up(sys.stdout.buffer, key)
                sys.stdout.buffer.flush()
            else:
                place = Path(options["file"])
                part = place.with_name(place.name + ".part")
                with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                    done = back_up(out, key)
                    out.flush()
                    os.fsync(out.fileno())
                part.replace(place)
        except sealing.SealError as error:
            raise CommandError(f"BACKUP_KEY: {error} (python manage.py new_key makes one)") from error
        except Busy as error:
            raise CommandError(str(error)) from error
        for file in done.faulty:
            self.stderr.write(f"missing or damaged: {file}")
        self.stderr.write(f"{sum(done.rows.values())} rows, {done.files} files, {done.bytes / 2**20:.1f} MiB, of {done.made_at}")
        if done.faulty:
            raise CommandError("the backup was written, but not every file was as it should be")
