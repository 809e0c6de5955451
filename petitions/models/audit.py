"""Who of the organizers read or did what, and why: a chain, each entry bound to the one before it.

Who changes or removes an old entry has to make all later ones anew, and then the last link differs
from the one that somebody noted elsewhere. See docs/decisions/0025-the-audit-trail-is-a-chain.md.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from petitions.models.clock import database_now

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Any number that nothing else in this database locks.
_LOCK = 0x61756469
_NOTHING_BEFORE = bytes(32)


class AuditTrail(models.Manager["AuditEntry"]):
    @transaction.atomic
    def record(
        self,
        *,
        user: User | None,
        action: AuditEntry.Action,
        count: int,
        selection: str = "",
        reason: str = "",
    ) -> AuditEntry:
        """Add an entry, which must hold no person; `user` is None at the command line.

        Two that are recorded at once wait for each other until the transaction is over: a chain
        has one end.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        entry = AuditEntry(
            at=database_now(),
            user=user,
            action=action,
            count=count,
            selection=selection,
            reason=reason,
        )
        entry.link = entry.link_after(self.last_link())
        entry.save(force_insert=True)
        return entry

    def last_link(self) -> bytes:
        """What binds all entries so far: 32 bytes, to be noted where the database is not."""
        last = self.order_by("-id").values_list("link", flat=True).first()
        return _NOTHING_BEFORE if last is None else bytes(last)

    def first_broken(self) -> AuditEntry | None:
        """The first entry that does not fit the one before it; None when all do."""
        before = _NOTHING_BEFORE
        for entry in self.order_by("id").iterator():
            if bytes(entry.link) != entry.link_after(before):
                return entry
            before = bytes(entry.link)
        return None


class AuditEntry(models.Model):
    class Action(models.TextChoices):
        EXPORT = "export", _("exported signatures")
        SEARCH = "search", _("searched for an address")
        READ = "read", _("read a signer's details")
        PUBLISH = "publish", _("showed names on the site")
        HIDE = "hide", _("hid names on the site")
        APPROVE = "approve", _("approved letters")
        PAUSE = "pause", _("paused letters")
        RESUME = "resume", _("resumed letters")
        TELL = "tell", _("told subscribers")
        RIGHTS = "rights", _("changed who may do what")
        SIGN_OUT = "sign_out", _("ended sessions")
        RESET = "reset", _("removed a second factor")
        ALLOW = "allow", _("approved an export")
        CANCEL = "cancel", _("cancelled an export")
        DOWNLOAD = "download", _("downloaded an export")
        AGE_KEY = "age_key", _("changed their key for exports")
        TRY_NEWS = "try_news", _("sent news as a test")
        HOLD_NEWS = "hold_news", _("paused news")
        GO_NEWS = "go_news", _("let news go on")
        STOP_NEWS = "stop_news", _("stopped news")
        STATE = "state", _("opened or ended a petition")
        ADDRESS = "address", _("changed a petition's address")
        HOLD = "hold", _("took signatures out of the count")
        RELEASE = "release", _("counted signatures again")
        UNDO = "undo", _("took back a decision on a name")
        CASE = "case", _("dealt with a person’s request")
        HANDOVER = "handover", _("handed over a person’s data")
        CORRECT = "correct", _("corrected a person’s data")
        RESTRICT = "restrict", _("restricted a person’s signatures")
        UNRESTRICT = "unrestrict", _("ended a restriction")
        ERASE = "erase", _("erased a person’s data")
        IMPORT = "import", _("imported a sheet")

    at = models.DateTimeField(_("time"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("who")
    )
    action = models.CharField(_("what"), max_length=10, choices=Action)
    selection = models.TextField(_("which"), blank=True)
    count = models.PositiveIntegerField(_("how many"))
    reason = models.TextField(_("why"), blank=True)
    link = models.BinaryField(max_length=32)

    objects = AuditTrail()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who}: {self.get_action_display()}"

    @property
    def who(self) -> str:
        return str(self.user or _("the command line"))

    def link_after(self, before: bytes) -> bytes:
        """What this entry's link has to be, if `before` is that of the one before it."""
        said = [
            self.at.isoformat(),
            self.user_id,
            self.action,
            str(self.selection),
            self.count,
            str(self.reason),
        ]
        return hashlib.sha256(before + json.dumps(said).encode()).digest()
