from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "portal.audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from .guard import install

        post_migrate.connect(install, sender=self, dispatch_uid="audit_guard")
