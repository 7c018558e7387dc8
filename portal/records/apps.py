from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "portal.records"
    verbose_name = "Records"

    def ready(self) -> None:
        from . import listeners  # noqa: F401  (connects the signals)
