"""The portal as a WSGI application, for the production server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
# A person who waits for a page should wait less than a command does.
os.environ.setdefault("LOCK_WAIT_SECONDS", "3")

application = get_wsgi_application()
