from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.content import Report, load_campaign
from petitions.content_files import ContentNotValid
from petitions.rights import apply_rights


class Command(BaseCommand):
    help = (
        "Load petitions, offices and pages from content/ (or DIR) into the database, and set the"
        " organizers' groups. Safe to repeat: what organizers edited stays, unless --overwrite is"
        " given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, default=settings.CONTENT_DIR)
        parser.add_argument(
            "--overwrite", action="store_true", help="Replace what differs from the files."
        )

    def handle(self, *, directory: Path, overwrite: bool, **_: Any) -> None:
        try:
            report = load_campaign(directory, overwrite=overwrite)
        except ContentNotValid as error:
            raise CommandError(str(error)) from error
        apply_rights()
        self.tell(report)

    def tell(self, report: Report) -> None:
        self.stdout.write(f"{len(report.created)} loaded, {len(report.replaced)} replaced.")
        for name in report.kept:
            self.stdout.write(f"Kept as edited (--overwrite replaces it): {name}")
