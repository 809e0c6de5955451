"""The site, whose web server says why it answered with an error; its paths are nobody's here."""

from campaign.settings import *  # noqa: F403
from campaign.settings import LOGGING

LOGGING["loggers"]["django.request"]["level"] = "ERROR"
