"""Asks the site as its enemies would, and judges every answer: `make fuzz` and tests/safety/."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
