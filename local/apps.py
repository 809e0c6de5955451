from django.apps import AppConfig


class LocalConfig(AppConfig):
    """The mailbox page and the laptop's commands; installed only where MAILBOX_DIR is set."""

    name = "local"
    verbose_name = "Local mailbox"
