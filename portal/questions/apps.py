from django.apps import AppConfig


class QuestionsConfig(AppConfig):
    name = "portal.questions"
    verbose_name = "Questions"

    def ready(self) -> None:
        from . import listeners  # noqa: F401  (connects the signals)
