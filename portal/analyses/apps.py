from django.apps import AppConfig


class AnalysesConfig(AppConfig):
    name = "portal.analyses"
    verbose_name = "Analyses"

    def ready(self) -> None:
        from . import listeners  # noqa: F401  (connects the signals)
