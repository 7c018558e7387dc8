from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.storage import integrity


class Command(BaseCommand):
    help = "Compare every file with its checksum; find those that are missing, and those that no row names. Exit code 1 when there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        hours = settings.ORPHAN_HOURS
        parser.add_argument("--delete-orphans", action="store_true", help="delete the files that no row names")
        parser.add_argument(
            "--older-than",
            type=float,
            default=hours * 60,
            metavar="MINUTES",
            help=f"which files without a row are looked at (default {hours * 60}: a younger one may be about to get its row)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = integrity.verify()
        seconds = options["older_than"] * 60
        orphans = list((integrity.discard_orphans if options["delete_orphans"] else integrity.orphans)(older_than=seconds))
        for what, files in (("missing", found.missing), ("damaged", found.damaged)):
            for file in files:
                self.stderr.write(f"{what}: {file}")
        for orphan in orphans:
            self.stderr.write(f"{'deleted' if options['delete_orphans'] else 'orphan'}: {orphan.name}")
        told = f"{found.checked} whole, {found.unchecked} without a checksum, {len(found.missing)} missing, {len(found.damaged)} damaged"
        self.stdout.write(f"{told}, {len(orphans)} {'orphans deleted' if options['delete_orphans'] else 'orphans'}")
        if found.missing or found.damaged or (orphans and not options["delete_orphans"]):
            raise CommandError("not every file is as it should be")
