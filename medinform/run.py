"""`make run`: the whole portal on one machine, every process of the Procfile, with embedded servers for what is not set.

SQLite unless DATABASE_URL is set, a Redis of its own unless REDIS_URL is set. One Ctrl-C stops all of it.
"""

import contextlib
import os
import secrets
import sys
import threading
from pathlib import Path

import environ
import httpx
from honcho.environ import parse_procfile
from honcho.manager import Manager

from medinform import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
_READY_SECONDS = 120


def set_defaults() -> None:
    """What a developer's machine needs and .env or the environment does not say."""
    environ.Env.read_env(BASE_DIR / ".env")
    os.environ.setdefault("DEBUG", "true")
    os.environ.setdefault("PORT", "8000")
    os.environ.setdefault("WORKER_SILENT_SECONDS", "0")  # here nobody starts a process anew: all end when one does
    os.environ.setdefault("SITE_URL", f"http://localhost:{os.environ['PORT']}")
    var = Path(os.environ.setdefault("VAR_DIR", str(BASE_DIR / "var")))
    var.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("SECRET_KEY"):
        os.environ["SECRET_KEY"] = _kept_secret(var / "secret_key")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")


def _kept_secret(path: Path) -> str:
    """Sessions should outlive a restart."""
    if not path.is_file():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(60))
    return path.read_text()


def prepare() -> None:
    """Bring database, static files, model versions and demo data up to date; each step does nothing when there is nothing to do."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("sync_models")
    if settings.DEBUG:
        call_command("seed_demo")
    from django.db import connections

    connections.close_all()


def _announce(port: str, manager: Manager) -> None:
    """Say where to look as soon as the portal answers."""
    pause = threading.Event()
    for _ in range(_READY_SECONDS * 4):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200:
                print(f"\n  MEDINFORM is ready: open http://localhost:{port}   (Ctrl-C stops it)\n", flush=True)
                return
        pause.wait(0.25)


def main() -> int:
    set_defaults()
    with contextlib.ExitStack() as servers:
        if not os.environ.get("REDIS_URL"):
            os.environ["REDIS_URL"] = servers.enter_context(embedded.redis_server())
        prepare()
        manager = Manager()
        for name, command in parse_procfile((BASE_DIR / "Procfile").read_text()).processes.items():
            manager.add_process(name, command, env=dict(os.environ), cwd=str(BASE_DIR), quiet=False)
        threading.Thread(target=_announce, args=(os.environ["PORT"], manager), daemon=True).start()
        manager.loop()
        # honcho's code is that of the first process that ended; all end by signal when a person stops them
        return 0 if manager.returncode in (0, -2, -15, 130, 143) else int(manager.returncode or 1)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
    except embedded.ServerError as error:
        sys.exit(str(error))
