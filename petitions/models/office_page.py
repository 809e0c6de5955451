"""An office's own page: behind the link in its letter, with no account.

Who holds the link acts for the office as far as a letter can show that: what would change where
letters go, or what the site shows, waits for an organizer. See
docs/decisions/0019-the-offices-page.md.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.answer import Answer
from petitions.models.batch import Batch
from petitions.models.delivery import Delivery
from petitions.models.sealed import OfficeWords, open_file_key, open_page_token

FILES_LIFE = timedelta(days=30)
PAGE_LIFE = timedelta(days=365)


class FileSet(models.Model):
    """The files of all letters that share them, in chunks that are encrypted under one key.

    The key lies here sealed to the deliverer, and on each page sealed to its link's holder.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="file_sets")
    language = models.CharField(max_length=8)
    first_country = models.CharField(max_length=2, blank=True)
    # Of each file its name, type and size in bytes.
    manifest = models.JSONField()
    key_box = models.BinaryField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("files of letters")
        verbose_name_plural = _("files of letters")
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "language", "first_country"], name="files_once_per_reader"
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch}, {self.language} {self.first_country}".rstrip()

    def open_key(self) -> bytes:
        """Raises `CannotOpen` where the box is not this row's."""
        return open_file_key(bytes(self.key_box), set_id=self.pk)


class FileChunk(models.Model):
    file_set = models.ForeignKey(FileSet, models.CASCADE, related_name="chunks", db_index=False)
    file = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("part of a file")
        verbose_name_plural = _("parts of files")
        constraints = [
            models.UniqueConstraint(fields=["file_set", "file", "number"], name="file_chunk_once")
        ]

    def __str__(self) -> str:
        return f"{self.file_set_id} {self.file}.{self.number}"


class OfficePageQuerySet(models.QuerySet["OfficePage"]):
    def waiting_for_files(self, *, now: datetime) -> OfficePageQuerySet:
        free = models.Q(lease_until=None) | models.Q(lease_until__lte=now)
        return self.filter(free, files_wanted=True)

    def alive(self, *, now: datetime) -> OfficePageQuerySet:
        return self.exclude(delivery__sent_at__lte=now - PAGE_LIFE)

    def expired(self, *, now: datetime) -> OfficePageQuerySet:
        return self.filter(delivery__sent_at__lte=now - PAGE_LIFE)


class OfficePage(models.Model):
    """The web process knows a link by its hash; the deliverer reads the token in the box."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    delivery = models.OneToOneField(Delivery, models.CASCADE, related_name="office_page")
    token_hash = models.BinaryField(max_length=32)
    box = models.BinaryField()
    # Files: wanted, held by a worker that makes them, there, and for how much longer.
    files_wanted = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True)
    files = models.ForeignKey(FileSet, models.SET_NULL, null=True, related_name="pages")
    key_box = models.BinaryField(null=True)
    # An organizer's word; otherwise it is counted from the hour the letter was sent.
    extended_until = models.DateTimeField(null=True)

    objects = OfficePageQuerySet.as_manager()

    class Meta:
        verbose_name = _("office’s page")
        verbose_name_plural = _("offices’ pages")
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="office_page_token_once")
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="office_page_waits",
                condition=models.Q(files_wanted=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.delivery)

    def open_token(self) -> str:
        """Raises `CannotOpen` where the box is not this row's."""
        return open_page_token(bytes(self.box), page_id=self.pk)

    @property
    def files_until(self) -> datetime | None:
        """None while the letter is on its way: time does not run before it is there."""
        sent_at = self.delivery.sent_at
        counted = sent_at and sent_at + FILES_LIFE
        if counted and self.extended_until:
            return max(counted, self.extended_until)
        return counted

    def gives_files(self, *, now: datetime) -> bool:
        until = self.files_until
        return until is None or until > now


def page_context(page_id: uuid.UUID) -> str:
    """What the holder's key pair and box of a page are bound to."""
    return f"files on office page {page_id}"


class OfficeActionQuerySet(models.QuerySet["OfficeAction"]):
    def waiting(self) -> OfficeActionQuerySet:
        """What an organizer should look at."""
        return self.filter(outcome=OfficeAction.Outcome.WAITS)


class OfficeAction(models.Model):
    """What an office did on its page, to the minute; of who it was no more than the link.

    What it wrote, but for an answer that is to be published, is sealed for organizers.
    """

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("confirmed receipt")
        DOWNLOAD = "download", _("downloaded signers")
        ADDRESS = "address", _("gave a new address")
        OTHER = "other", _("named another office")
        STOP = "stop", _("asked for no more letters")
        ANSWER = "answer", _("wrote an answer to be published")

    class Outcome(models.TextChoices):
        NOTED = "noted", _("noted")
        WAITS = "waits", _("waits for a look")
        USED = "used", _("accepted")
        ASIDE = "aside", _("set aside")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    delivery = models.ForeignKey(
        Delivery, models.PROTECT, related_name="office_actions", verbose_name=_("letter")
    )
    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    at = models.DateTimeField(_("time"))
    file = models.CharField(_("file"), max_length=200, blank=True)
    box = models.BinaryField(null=True)
    answer = models.ForeignKey(
        Answer, models.CASCADE, null=True, related_name="office_actions", verbose_name=_("answer")
    )
    outcome = models.CharField(
        _("outcome"), max_length=5, choices=Outcome, default=Outcome.NOTED, db_index=True
    )
    settled_at = models.DateTimeField(_("settled"), null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("by whom")
    )

    objects = OfficeActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("action of an office")
        verbose_name_plural = _("actions of offices")
        ordering = ["-at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"],
                name="receipt_confirmed_once",
                condition=models.Q(kind="confirm"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"

    def open_words(self) -> OfficeWords:
        """Raises `CannotOpen` where the box is not this row's."""
        if self.box is None:
            return OfficeWords()
        return OfficeWords.open(bytes(self.box), action_id=self.pk)
