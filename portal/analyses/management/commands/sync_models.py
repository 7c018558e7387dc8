from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.registry import ArtefactError
from portal.analyses import versions


class Command(BaseCommand):
    help = "Register the artefacts on disk as model versions; a disease without an active version gets its newest."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            added = versions.sync()
        except (ArtefactError, versions.ChangedArtefact) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(added)} model version(s) registered: {', '.join(map(str, added)) or 'none new'}")
