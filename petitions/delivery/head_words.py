"""What letters, books and offices' pages say of the public log, in the language of the moment."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, ngettext

from petitions.ledger.addresses import check_page_url, log_url
from petitions.models import Batch


@dataclass(frozen=True)
class HeadWords:
    """Of the head that has all of a batch's signatures."""

    size: int
    root: str
    """In base64, as the log's checkpoint has it."""
    log_url: str
    batch: int

    @classmethod
    def of(cls, batch: Batch) -> HeadWords | None:
        """None where the batch waits for the public log; its letters do too."""
        head = batch.head
        if head is None:
            return None
        root = b64encode(head.root).decode()
        return cls(head.size, root, log_url(head.log_id), batch.number)

    @property
    def entries(self) -> str:
        """The root comes after it."""
        words = ngettext(
            "At this letter the petition’s public log had %(size)s entry, with this fingerprint"
            " (root):",
            "At this letter the petition’s public log had %(size)s entries, with this fingerprint"
            " (root):",
            self.size,
        )
        size = number_format(self.size, decimal_pos=0, use_l10n=True, force_grouping=True)
        return words % {"size": size}

    @property
    def check(self) -> str:
        return gettext(
            "On the page “Check the count” of our site anybody can see whether it is the one that"
            " everybody sees."
        )

    @property
    def receipts(self) -> str:
        """What that file is for.

        Without a word in Latin letters: in Cyrillic mails filters count those (MIXED_ES).
        """
        return gettext(
            "The file of receipts names nobody: from it, whoever checks can work out the log’s"
            " entries of these signatures."
        )

    @property
    def command(self) -> str:
        """How the program that does all this is called."""
        return (
            f"five-asks-verify {self.log_url} --size {self.size} --root {self.root}"
            f" --batch {self.batch} --receipts {receipts_name(self.batch)}"
        )

    @property
    def url(self) -> str:
        """That page, with this root to be looked up."""
        return f"{check_page_url(get_language() or '')}?root={quote(self.root, safe='')}"


def receipts_name(batch: int) -> str:
    return f"receipts-{batch}.csv"
