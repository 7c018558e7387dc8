from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.audit import chain
from portal.audit.models import Seal


class Command(BaseCommand):
    help = "Check every audit event against the chain. Exit code 1 when something was changed, taken away, added, moved or forged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seal", action="store_true", help="First chain what waits (a task does it every few seconds).")
        parser.add_argument("--head", action="store_true", help="Only print the head, number:hash. Keep it on another machine.")
        parser.add_argument("--since", default="", metavar="HEAD", help="A head that you kept: it has to be in the chain still.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["seal"]:
            chain.seal()
        if options["head"]:
            self.stdout.write(chain.head())
            return
        count = 0
        for problem in chain.verify(options["since"]):
            count += 1
            self.stdout.write(str(problem))
        if count:
            raise CommandError(f"{count} finding(s): the audit is not as it was written.")
        self.stdout.write(f"{Seal.objects.count()} events are as they were written. Head: {chain.head()}")
