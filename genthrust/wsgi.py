"""HTTP as WSGI, which genthrust.asgi runs in a bounded thread pool."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genthrust.settings")
application = get_wsgi_application()
