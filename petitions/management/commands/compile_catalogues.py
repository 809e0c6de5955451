from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from petitions.catalogues import CatalogueNotValid, compile_catalogues


class Command(BaseCommand):
    help = "Compiles the translations, after an installation or a change of a .po file."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            compiled = compile_catalogues(settings.LOCALE_PATHS)
        except CatalogueNotValid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(compiled)} catalogues compiled.")
