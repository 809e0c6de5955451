import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")

django_application = get_wsgi_application()

# These need the settings, which the line above loads.
from campaign.checks import refuse_to_start_with_wrong_keys  # noqa: E402
from petitions.web.in_utf8 import in_utf8  # noqa: E402
from petitions.web.kept_pages import KeptPages  # noqa: E402
from petitions.web.waiting_room import WaitingRoom  # noqa: E402

refuse_to_start_with_wrong_keys()

# A page that is kept costs nothing, so nobody has to wait for it.
application = KeptPages(WaitingRoom(in_utf8(django_application)))
