import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.demo import services


class Command(BaseCommand):
    help = "Demo accounts and drawn scans, with DEBUG only. Passwords are printed once; --reset-passwords draws new ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset-passwords", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            told = services.seed_accounts(password=os.environ.get("DEMO_PASSWORD", ""), reset=options["reset_passwords"])
            scans = services.seed_scans() if os.environ.get("DEMO_SCANS", "yes") == "yes" else 0
        except services.NotForProduction as error:
            raise CommandError("demo accounts are made only with DEBUG=true") from error
        if told:
            self.stdout.write("\n  Demo accounts, on this machine only. The passwords are shown once (`make passwords` draws new ones):\n")
            for email, password in told.items():
                self.stdout.write(f"    {email:<28} {password}")
            self.stdout.write("")
        self.stdout.write(f"{scans} sample scan(s) added")
