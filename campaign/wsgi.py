import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")

django_application = get_wsgi_application()

# These need the settings, which the line above loads.
from django.conf import settings  # noqa: E402

from campaign.checks.start import refuse_to_start  # noqa: E402
from petitions.web.in_utf8 import in_utf8  # noqa: E402
from petitions.web.kept_pages import KeptPages  # noqa: E402
from petitions.web.probes import Probes  # noqa: E402
from petitions.web.sign_desk import SignDesk  # noqa: E402
from petitions.web.waiting_room import WaitingRoom  # noqa: E402
from petitions.wsgi import Application  # noqa: E402

refuse_to_start()

# A page that is kept costs nothing, so nobody has to wait for it; and who asks whether this process
# answers waits for nobody.
application: Application = KeptPages(WaitingRoom(SignDesk(in_utf8(django_application))))
if settings.ROLE.serves_admin:
    # A public web server has no memory for it.
    from petitions.admin.metrics import MetricsDoor

    application = MetricsDoor(application)
application = Probes(application)
