from django.apps import AppConfig


class AnalysesConfig(AppConfig):
    name = "portal.analyses"
    verbose_name = "Analyses"
