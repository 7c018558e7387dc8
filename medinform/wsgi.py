"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from medinform import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")

tracing.start("web")
application = get_wsgi_application()
