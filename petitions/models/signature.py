"""A signature is a confirmed one: one person, one petition."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from petitions.models.batch import Batch
from petitions.models.hold import Hold
from petitions.models.imports import Import
from petitions.models.language import LanguageField
from petitions.models.partner import Partner
from petitions.models.petition import Petition
from petitions.models.prepared import numbered, read_prepared, values
from petitions.models.sealed import Details

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date


class Visibility(models.TextChoices):
    """Who gets to see a signer's name; the signer's choice."""

    PUBLIC = "public", _("public")
    OFFICIALS = "officials", _("officials only")
    WITHHELD = "withheld", _("withheld")


class Source(models.TextChoices):
    """Which way a signature came."""

    SITE = "site", _("this site")
    PAPER = "paper", _("on paper")


# In the order of `wanted`. Only what may be empty needs a kind in words.
_ROW = """
    %(id)b, %(petition_id)s::bigint, %(index)b::bytea, %(look_alike)b::bytea, %(sig_box)b::bytea,
    %(country)s, %(visibility)s, %(language)s, %(consent_version)s, %(confirmed_hour)b,
    %(partner_id)s::bigint, %(disposable)b, %(crowd)b::bytea, %(asked_for_news)b, %(link)b
"""
_WRITTEN_AT_ONCE = [each for each in re.findall(r"%\((\w+)\)", _ROW) if each != "link"]
_INSERT_NEW = """
    WITH wanted (id, petition_id, index, look_alike, sig_box, country, visibility, language,
        consent_version, confirmed_hour, partner_id, disposable, crowd, asked_for_news, link_hash)
    AS (
        VALUES {rows}
    ), new AS (
        INSERT INTO petitions_signature (id, petition_id, index, look_alike, sig_box, country,
            visibility, language, consent_version, confirmed_hour, partner_id, disposable, crowd,
            asked_for_news, public_name, quarantined)
        SELECT id, petition_id, index, look_alike, sig_box, country, visibility, language,
            consent_version, confirmed_hour, partner_id, disposable, crowd, asked_for_news, '', false
        FROM wanted
        ON CONFLICT DO NOTHING
        RETURNING id
    ), linked AS (
        INSERT INTO petitions_withdrawallink (link_hash, signature_id)
        SELECT link_hash, id FROM wanted JOIN new USING (id)
        ON CONFLICT DO NOTHING
    )
    SELECT id FROM new
"""


class SignatureQuerySet(models.QuerySet["Signature"]):
    def add_new(self, signatures: Mapping[bytes, Signature]) -> set[uuid.UUID]:
        """Insert those whose signer has not signed before, in their order, with the withdrawal
        links that lead to them, by whose hashes they are given; the ids of these signatures.

        By one prepared statement: the ORM's takes longer to write than PostgreSQL needs.
        """
        rows = [
            {name: _value(signature, name) for name in _WRITTEN_AT_ONCE} | {"link": link_hash}
            for link_hash, signature in signatures.items()
        ]
        if not rows:
            return set()
        statement = _INSERT_NEW.format(rows=values(_ROW, len(rows)))
        return {row_id for (row_id,) in read_prepared(statement, numbered(rows))}

    def not_in_batch(self) -> SignatureQuerySet:
        return self.filter(batch__isnull=True)

    def ready_for_batch(self) -> SignatureQuerySet:
        """Those that the next letter takes: one whose details are on their way comes later, and
        one that its signer had restricted does not come."""
        ready = self.counted().not_in_batch()
        return ready.filter(carried__isnull=True, restricted=False)

    def counted(self) -> SignatureQuerySet:
        """Those that nobody holds; the tally has as many."""
        return self.filter(hold__isnull=True)

    def to_be_named(self) -> SignatureQuerySet:
        """Those whose details may go into letters and files."""
        named = self.filter(sig_box__isnull=False, restricted=False)
        return named.exclude(visibility=Visibility.WITHHELD)

    def exportable(self) -> SignatureQuerySet:
        """Those that may leave with what their signers typed: none that is held or restricted."""
        return self.counted().filter(restricted=False)

    def confirmed_since(self, hour: datetime) -> SignatureQuerySet:
        return self.filter(confirmed_hour__gte=hour)

    def confirmed_since_day(self, day: date) -> SignatureQuerySet:
        """Days are those of UTC."""
        return self.confirmed_since(datetime.combine(day, time(), tzinfo=UTC))

    def with_indexes(self, indexes: Iterable[bytes]) -> SignatureQuerySet:
        return self.filter(index__in=list(indexes))

    def named_in_public(self) -> SignatureQuerySet:
        """Those whose name an organizer has shown on the site, newest first.

        None of them is restricted: a constraint sees to it.
        """
        return self.counted().exclude(public_name="").order_by("-confirmed_hour", "id")

    def names_to_look_at(self) -> SignatureQuerySet:
        """Public signers about whose names nobody has decided yet."""
        undecided = self.filter(visibility=Visibility.PUBLIC, public_name="", name_hidden=False)
        return undecided.counted().filter(carried__isnull=True, restricted=False)

    def newest_names(self, most: int) -> list[Signature]:
        """Of `named_in_public`, each name of a country once: many sign several petitions."""
        recent = self.named_in_public().only("public_name", "country")[: 5 * most]
        people = {(each.public_name, each.country.code): each for each in reversed(recent)}
        return list(reversed(people.values()))[:most]

    def mark_look_alikes(self) -> None:
        """Set `alike` where signers of a petition look like each other, and take it back where the
        others have left.

        All are compared, by an index alone: joined with those who signed of late, a table whose
        statistics are old was read once for each of them.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE petitions_signature AS one SET alike = true
                   FROM (SELECT petition_id, look_alike FROM petitions_signature
                         WHERE look_alike IS NOT NULL
                         GROUP BY petition_id, look_alike HAVING count(*) > 1) AS twins
                   WHERE NOT one.alike AND one.petition_id = twins.petition_id
                     AND one.look_alike = twins.look_alike"""
            )
        others = self.filter(
            petition=models.OuterRef("petition"), look_alike=models.OuterRef("look_alike")
        ).exclude(pk=models.OuterRef("pk"))
        self.filter(~models.Exists(others), alike=True).update(alike=False)


def _value(signature: Signature, name: str) -> Any:
    value = getattr(signature, name)
    return str(value) if name in {"country", "visibility"} else value


class Signature(models.Model):
    id = models.UUIDField(_("reference"), primary_key=True, default=uuid.uuid4)
    petition = models.ForeignKey(
        Petition,
        models.PROTECT,
        related_name="signatures",
        verbose_name=_("petition"),
        db_index=False,  # the unique constraint's index begins with it
    )
    index = models.BinaryField(max_length=32, null=True)
    look_alike = models.BinaryField(max_length=32, null=True)
    alike = models.BooleanField(
        _("look-alike address"),
        default=False,
        db_default=False,
        help_text=_("It looks like another signer’s; looked for every ten minutes."),
    )
    sig_box = models.BinaryField(null=True)
    country = CountryField(_("country"))
    visibility = models.CharField(_("visibility"), max_length=9, choices=Visibility)
    public_name = models.CharField(
        _("name on the site"),
        max_length=100,
        blank=True,
        help_text=_("Shown to everybody; only for signers who chose “public”."),
    )
    name_hidden = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("An organizer has looked at the name and does not show it."),
    )
    language = LanguageField(_("language"))
    consent_version = models.CharField(_("consent text"), max_length=10)
    confirmed_hour = models.DateTimeField(_("confirmed (hour)"))
    batch = models.ForeignKey(
        Batch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("batch"),
        db_index=False,  # the index of a batch's list begins with it
    )
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("partner"),
        db_index=False,  # few signatures have one: see the index below
    )
    quarantined = models.BooleanField(
        _("quarantined"), default=False, help_text=_("Its sealed details did not open.")
    )
    # Article 18 of the GDPR: kept and counted, and used for nothing else.
    restricted = models.BooleanField(
        _("restricted"),
        default=False,
        db_default=False,
        help_text=_("The signer asked for it: kept and counted, but not used or erased."),
    )
    disposable = models.BooleanField(
        _("throw-away address"),
        default=False,
        db_default=False,
        help_text=_("People at risk use such addresses, and so do those who sign many times."),
    )
    hold = models.ForeignKey(
        Hold,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("taken out of the count"),
        db_index=False,  # few are held: see the index below
    )
    crowd = models.BinaryField(max_length=8, null=True)
    """Which crowd a form came in, where one network sent very many; see web/limits.py."""
    asked_for_news = models.BooleanField(
        _("asked for news"),
        default=False,
        db_default=False,
        help_text=_("When it was confirmed; which address it was is not known here."),
    )

    source = models.CharField(
        _("source"), max_length=5, choices=Source, default=Source.SITE, db_default=Source.SITE
    )
    imported = models.ForeignKey(
        Import,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("import"),
        db_index=False,  # few signatures have one: see the index below
    )

    objects = SignatureQuerySet.as_manager()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["-confirmed_hour", "id"]
        permissions = [
            ("read_details", _("Can read and search for signers")),
            ("export_signature", _("Can export signatures")),
            ("publish_name", _("Can show signers' names on the site")),
            ("hold_signature", _("Can take signatures out of the count")),
            ("exercise_rights", _("Can hand over, correct, restrict and erase for signers")),
            ("import_signature", _("Can import signatures from paper")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "index"], name="signature_once_per_petition"
            ),
            models.CheckConstraint(
                condition=models.Q(sig_box__isnull=True)
                | ~models.Q(visibility=Visibility.WITHHELD),
                name="signature_withheld_keeps_no_details",
            ),
            models.CheckConstraint(
                condition=models.Q(public_name="") | models.Q(visibility=Visibility.PUBLIC),
                name="signature_name_shown_only_if_public",
            ),
            models.CheckConstraint(
                condition=models.Q(public_name="") | models.Q(restricted=False),
                name="signature_restricted_is_not_shown",
            ),
            models.CheckConstraint(
                condition=models.Q(source="site") ^ models.Q(imported__isnull=False),
                name="signature_from_paper_has_its_import",
            ),
        ]
        indexes = [
            models.Index(
                fields=["petition"],
                name="signature_not_in_batch",
                condition=models.Q(batch__isnull=True, hold__isnull=True),
            ),
            models.Index(fields=["petition", "look_alike"], name="signature_look_alike"),
            models.Index(
                fields=["petition", "-confirmed_hour", "id"],
                name="signature_named_in_public",
                condition=~models.Q(public_name="") & models.Q(hold__isnull=True),
            ),
            models.Index(
                fields=["-confirmed_hour", "id"],
                name="signature_name_to_look_at",
                condition=models.Q(
                    visibility="public",
                    public_name="",
                    name_hidden=False,
                    hold__isnull=True,
                    restricted=False,
                ),
            ),
            models.Index(fields=["batch", "-confirmed_hour", "id"], name="signature_of_batch"),
            models.Index(
                fields=["hold", "-confirmed_hour", "id"],
                name="signature_held",
                condition=models.Q(hold__isnull=False),
            ),
            models.Index(
                fields=["petition", "crowd"],
                name="signature_in_a_crowd",
                condition=models.Q(crowd__isnull=False),
            ),
            models.Index(fields=["-confirmed_hour", "id"], name="signature_by_hour"),
            models.Index(fields=["country", "-confirmed_hour", "id"], name="signature_of_country"),
            models.Index(
                fields=["-confirmed_hour", "id"],
                name="signature_disposable",
                condition=models.Q(disposable=True),
            ),
            models.Index(
                fields=["-confirmed_hour", "id"],
                name="signature_alike",
                condition=models.Q(alike=True),
            ),
            models.Index(
                fields=["-confirmed_hour", "id"],
                name="signature_quarantined",
                condition=models.Q(quarantined=True),
            ),
            models.Index(
                fields=["partner", "petition"],
                name="signature_of_partner",
                condition=models.Q(partner__isnull=False, hold__isnull=True),
            ),
            models.Index(
                # What time erases: found, and counted by month, without reading any box.
                fields=["petition", "confirmed_hour"],
                name="signature_with_details",
                condition=models.Q(sig_box__isnull=False, restricted=False),
            ),
            models.Index(
                fields=["petition"],
                name="signature_restricted",
                condition=models.Q(restricted=True),
            ),
            models.Index(
                fields=["imported"],
                name="signature_of_import",
                condition=models.Q(imported__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def details_are_erased(self) -> bool:
        """Their time was over; who chose to be counted only never had any."""
        return self.sig_box is None and self.visibility != Visibility.WITHHELD

    def open_details(self) -> Details | None:
        """The signer's name, postcode and comment; None where they chose to be counted only.

        Raises:
            CannotOpen: the box is damaged, or its key is not here.
        """
        if self.sig_box is None:
            return None
        return Details.open(bytes(self.sig_box), petition_id=self.petition_id, signature_id=self.id)


def signature_id(request_id: uuid.UUID, petition_id: int) -> uuid.UUID:
    """The id of the signature that a sign request leads to for one petition.

    It is fixed when the form is sealed, so that a box is bound to its row; and the two can't be
    told to belong together once the request is gone.
    """
    return uuid.uuid5(request_id, str(petition_id))
