from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "portal.watch"
    verbose_name = "Watching"

    def ready(self) -> None:
        from . import listeners, state  # noqa: F401  (connect the signals)
