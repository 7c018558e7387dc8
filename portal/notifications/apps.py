from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "portal.notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from . import listeners  # noqa: F401  (connects the signals)
