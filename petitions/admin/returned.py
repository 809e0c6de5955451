"""What came back to letters: read here, and answered or entered elsewhere."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.admin.audit import record
from petitions.admin.base import SealedAdmin, column
from petitions.models import AuditEntry, Returned
from petitions.models.sealed import ReturnedMail
from petitions.vault import VaultError


@admin.register(Returned)
class ReturnedAdmin(SealedAdmin[Returned]):
    when_empty = _("Bounces, receipts and answers that came back for letters.")
    list_display = ("received_hour", "kind_label", "letter", "status", "words")
    list_filter = ("kind", ("delivery", admin.EmptyFieldListFilter), "delivery__batch__petition")
    list_select_related = ("delivery__batch__petition", "delivery__office")
    list_per_page = 50
    fields = (
        ("received_hour", "kind"),
        "letter",
        ("status", "words"),
        "sender",
        "subject",
        "text",
        "attachments",
        "enter",
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The overview links to answers that nobody has entered."""
        return lookup == "delivery__answers__isnull" or super().lookup_allowed(
            lookup, value, request
        )

    @column(
        _("kind"),
        ordering="kind",
        label={
            Returned.Kind.HARD: "danger",
            Returned.Kind.SOFT: "warning",
            Returned.Kind.SPAM: "danger",
            Returned.Kind.AUTO: "",
            Returned.Kind.ANSWER: "success",
        },
    )
    def kind_label(self, returned: Returned) -> tuple[str, str]:
        return returned.kind, returned.get_kind_display()

    @column(_("letter"), ordering="delivery")
    def letter(self, returned: Returned) -> str:
        if returned.delivery is None:
            return gettext("not matched")
        url = reverse("admin:petitions_delivery_change", args=[returned.delivery_id])
        return format_html('<a class="link" href="{}">{}</a>', url, returned.delivery)

    # --- One mail, opened

    def record_reading(self, request: HttpRequest, returned: Returned) -> None:
        """People write to us in answer to letters, too."""
        selection = gettext("mail that came back, %(id)s") % {"id": returned.pk}
        record(request, AuditEntry.Action.READ, count=1, selection=selection)

    @column(_("sender"))
    def sender(self, returned: Returned) -> str:
        return _opened(returned).sender

    @column(_("subject"))
    def subject(self, returned: Returned) -> str:
        return _opened(returned).subject

    @column(_("text"))
    def text(self, returned: Returned) -> str:
        lines: str = linebreaksbr(_opened(returned).text)
        return lines

    @column(_("attachments, which stay in the mailbox"))
    def attachments(self, returned: Returned) -> str:
        return _opened(returned).attachments

    @column(_("answers"))
    def enter(self, returned: Returned) -> str:
        """What may be shown is copied by hand: a mail also holds what may not."""
        if returned.delivery_id is None:
            return ""
        url = reverse("admin:petitions_answer_add")
        day = returned.received_hour.date().isoformat()
        return format_html(
            '<a class="link" href="{}?delivery={}&amp;answered_on={}">{}</a>',
            url,
            returned.delivery_id,
            day,
            _("add one"),
        )


def _opened(returned: Returned) -> ReturnedMail:
    try:
        return returned.open_mail()
    except VaultError:
        unopened = gettext("(could not be opened with the keys that are here)")
        return ReturnedMail(sender="", subject=unopened, text="")
