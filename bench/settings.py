"""The limits' side: the same settings, server and database, without anything of the site."""

from campaign.settings import *  # noqa: F403 - it is the same but for what follows

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.limits"
