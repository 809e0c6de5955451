from django.apps import AppConfig
from django.core import checks


class PetitionsConfig(AppConfig):
    name = "petitions"
    verbose_name = "Campaign"

    def ready(self) -> None:
        # They need the settings, and the package's modules the models.
        from django.conf import settings  # noqa: PLC0415

        if not settings.ROLE.sends_letters:
            return
        from petitions.delivery.imap import check_imap_url  # noqa: PLC0415
        from petitions.delivery.relays import check_relay_url  # noqa: PLC0415

        # By this word a process asks for them before it starts (campaign/checks/).
        checks.register(check_relay_url, "start")
        checks.register(check_imap_url, "start")
