"""An empty site with the five asks, as `make run` makes it."""

from django.core.management import call_command


def prepare() -> None:
    call_command("vault", "generate", "--if-missing", verbosity=0)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_campaign", verbosity=0)
