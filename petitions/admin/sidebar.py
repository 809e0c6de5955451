"""The way around: the screens by what they are about, each for those who may see it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from petitions.content import campaign

# Title, symbol, address, and what it takes to see it.
_Screen = tuple[Promise, str, str, str]
_GROUPS: list[tuple[Promise | None, list[_Screen]]] = [
    (
        None,
        [
            (_("Overview"), "monitoring", "index", ""),
            (
                _("Is everything all right?"),
                "health_and_safety",
                "petitions_checks",
                "view_petition",
            ),
        ],
    ),
    (
        _("Campaign"),
        [
            (_("Petitions"), "campaign", "petitions_petition_changelist", "view_petition"),
            (_("Updates"), "update", "petitions_petitionupdate_changelist", "view_petitionupdate"),
            (_("Pages"), "article", "petitions_page_changelist", "view_page"),
            (_("Partners"), "handshake", "petitions_partner_changelist", "view_partner"),
        ],
    ),
    (
        _("Signatures"),
        [
            (_("Signatures"), "signature", "petitions_signature_changelist", "view_signature"),
            (_("Exports"), "download", "petitions_export_changelist", "export_signature"),
            (_("Imports"), "upload_file", "petitions_import_changelist", "view_import"),
        ],
    ),
    (
        _("To look at"),
        [
            (_("Names to look at"), "fact_check", "petitions_signature_queue", "publish_name"),
            (
                _("Words to look at"),
                "spellcheck",
                "petitions_blockedword_changelist",
                "view_blockedword",
            ),
            (_("Suspicious"), "flag", "petitions_suspicion_changelist", "view_suspicion"),
            (_("Out of the count"), "front_hand", "petitions_hold_changelist", "view_hold"),
        ],
    ),
    (
        _("Persons’ rights"),
        [
            (_("A person"), "person_search", "petitions_signature_find", "read_details"),
            (
                _("Persons’ requests"),
                "contact_support",
                "petitions_personrequest_changelist",
                "view_personrequest",
            ),
            (
                _("What is erased when"),
                "auto_delete",
                "petitions_erasure_calendar",
                "view_erasure",
            ),
        ],
    ),
    (
        _("Letters"),
        [
            (_("Offices"), "account_balance", "petitions_office_changelist", "view_office"),
            (_("Who gets what today"), "outbox", "petitions_delivery_today", "view_delivery"),
            (_("Pauses"), "pause_circle", "petitions_pause_changelist", "view_pause"),
            (_("Batches"), "inventory_2", "petitions_batch_changelist", "view_batch"),
            (_("Deliveries"), "mail", "petitions_delivery_changelist", "view_delivery"),
        ],
    ),
    (
        _("Back from offices"),
        [
            (
                _("What came back"),
                "mark_email_unread",
                "petitions_returned_changelist",
                "view_returned",
            ),
            (
                _("From offices’ pages"),
                "contact_mail",
                "petitions_officeaction_changelist",
                "view_officeaction",
            ),
            (_("Answers"), "reply", "petitions_answer_changelist", "view_answer"),
        ],
    ),
    (
        _("News"),
        [
            (
                _("Write to supporters"),
                "stylus_note",
                "petitions_newsletter_changelist",
                "view_newsletter",
            ),
            (
                _("What was told"),
                "forward_to_inbox",
                "petitions_newsitem_changelist",
                "view_newsitem",
            ),
        ],
    ),
    (
        _("Organizers"),
        [
            (_("Audit trail"), "policy", "petitions_auditentry_changelist", "view_auditentry"),
            (_("Users"), "person", "auth_user_changelist", "auth.view_user"),
            (_("Groups"), "group", "auth_group_changelist", "auth.view_group"),
        ],
    ),
]


def site_name(_request: HttpRequest) -> str:
    """The campaign's name, for the heads of the pages; settings name this function too."""
    name: str = campaign()["name"]
    return name


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """What Unfold draws at the side; settings name this function."""
    here = _here(request)
    return [
        {
            "title": title,
            "separator": title is not None,
            "items": [_item(screen, here=here) for screen in screens if _may_see(request, screen)],
        }
        for title, screens in _GROUPS
    ]


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """What one's own name at the foot of the side opens; settings name this function."""
    key = {"title": _("Key for exports"), "link": reverse("admin:petitions_export_key")}
    exports = [key] if request.user.has_perm("petitions.export_signature") else []
    return [
        *exports,
        {"title": _("Two-factor sign-in"), "link": reverse("mfa_index")},
        {"title": _("Sessions"), "link": reverse("usersessions_list")},
        {"title": _("Change password"), "link": reverse("account_change_password")},
    ]


def _may_see(request: HttpRequest, screen: _Screen) -> bool:
    permission = screen[3]
    if not permission:
        return True
    return request.user.has_perm(permission if "." in permission else f"petitions.{permission}")


def _item(screen: _Screen, *, here: str) -> dict[str, Any]:
    title, symbol, name, _permission = screen
    link = reverse(f"admin:{name}")
    return {"title": title, "icon": symbol, "link": link, "active": link == here}


def _here(request: HttpRequest) -> str:
    """The longest link under which this page lies, also of one's own name."""
    links = [reverse(f"admin:{name}") for _title, group in _GROUPS for _t, _s, name, _p in group]
    links += [each["link"] for each in account(request)]
    return max((each for each in links if request.path.startswith(each)), key=len, default="")
