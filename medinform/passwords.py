"""`make passwords`: new passwords for the demo accounts of this machine, shown once."""

from medinform.run import set_defaults


def main() -> None:
    set_defaults()
    import os

    import django

    os.environ["DEMO_SCANS"] = "no"
    django.setup()
    from django.core.management import call_command

    call_command("seed_demo", reset_passwords=True)


if __name__ == "__main__":
    main()
