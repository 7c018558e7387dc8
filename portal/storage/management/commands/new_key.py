from typing import Any

from django.core.management.base import BaseCommand

from medinform.sealing import new_key


class Command(BaseCommand):
    help = "Print a new random key for MEDIA_KEYS or BACKUP_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(new_key())
