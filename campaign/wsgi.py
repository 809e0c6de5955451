import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")

application = get_wsgi_application()

from campaign.checks import refuse_to_start_with_wrong_keys  # noqa: E402 - needs the settings, which the line above loads

refuse_to_start_with_wrong_keys()
