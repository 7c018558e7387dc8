from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from portal.demo import populate, services


class Command(BaseCommand):
    help = "Add many scans with everything that belongs to them, with DEBUG only: to see how the portal is when it has grown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scans", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tqdm(total=options["scans"], unit="scan", disable=None) as bar:
                made = populate.populate(count=options["scans"], seed=options["seed"], progress=bar.update)
        except services.NotForProduction as error:
            raise CommandError("many scans are made up only with DEBUG=true") from error
        except LookupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.scans} scans of {made.patients} patients")
