from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "portal.reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        from . import listeners  # noqa: F401  (connects the signals)
