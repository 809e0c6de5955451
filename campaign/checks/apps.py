from django.apps import AppConfig
from django.core.checks import register

# What is looked at before a process starts, and by every command.
START = "start"


class ChecksConfig(AppConfig):
    """An app, so that Django's `check` finds what stands here."""

    name = "campaign.checks"
    label = "campaign_checks"

    def ready(self) -> None:
        from campaign.checks.advice import ADVICE, misspelt_names  # noqa: PLC0415 - the settings
        from campaign.checks.dangers import DANGERS  # noqa: PLC0415 - likewise

        for danger in DANGERS:
            register(danger, START)
        register(misspelt_names, START)
        for advice in ADVICE:
            register(advice, deploy=True)
