from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.storage.rotation import rotate


class Command(BaseCommand):
    help = "Seal every file with the first key of MEDIA_KEYS, or unseal it where that says plain or nothing. The portal may run meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate()
        for file in done.unreadable:
            self.stderr.write(f"can not be opened: {file}")
        self.stdout.write(f"{done.files} files, {done.resealed} written anew")
        if done.unreadable:
            raise CommandError("some files can not be opened with the keys that are given; keep the old keys")
