#!/usr/bin/env python3
"""Django's command line; outside the project's environment it steps into it by itself."""

import os
import sys
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parent / ".venv"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - may be missing
    except ModuleNotFoundError:
        step_into_environment()
    else:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - as above

        from campaign.logs import hide_last_words  # noqa: PLC0415 - as above

        hide_last_words()
        try:
            execute_from_command_line(sys.argv)
        except ImproperlyConfigured as error:
            sys.exit(str(error))


def step_into_environment() -> None:
    python = ENVIRONMENT / "bin" / "python"
    if Path(sys.prefix) == ENVIRONMENT or not python.exists():
        sys.exit("Django is not installed. Type 'make run' once: it builds the environment.")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - our own environment


if __name__ == "__main__":
    main()
