"""Who of the organizers may do what: five groups, each a job. Somebody with two jobs is in two.

`apply_rights` sets them as they stand here, at each `manage.py load_campaign`; groups of other
names, which a campaign made for itself, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission

_LOOKED_AT = (
    "petition",
    "petitiontext",
    "petitionupdate",
    "page",
    "partner",
    "office",
    "officename",
    "signature",
    "batch",
    "delivery",
    "answer",
    "newsitem",
    "newsletter",
    "newstext",
    "pause",
    "hold",
    "suspicion",
)
_VIEW = {f"view_{model}" for model in _LOOKED_AT}


def _all_of(*models: str) -> set[str]:
    return {f"{verb}_{model}" for model in models for verb in ("view", "add", "change", "delete")}


RIGHTS: dict[str, set[str]] = {
    # Looks at figures, texts and lists: no person's details, and changes nothing.
    "Viewer": _VIEW,
    # Writes what the site says, drafts news, and decides which public names it shows.
    "Editor": _VIEW
    | _all_of("petition", "petitiontext", "petitionupdate", "page", "partner", "blockedword")
    | _all_of("newsletter", "newstext")
    | {"publish_name"},
    # Looks after letters: offices, approval, pauses, what comes back, what news goes out.
    "Deliverer": _VIEW
    | _all_of("office", "officename", "pause", "answer", "newsletter", "newstext")
    | {
        "change_delivery",
        "approve_letters",
        "tell_subscribers",
        "view_returned",
        "view_officeaction",
        "view_import",
    },
    # Reads signers' details, finds people, exports; and reads who else did.
    # Answers whoever asks about their own data; takes out of the count what is suspicious.
    "Data officer": _VIEW
    | _all_of("blockedword")
    | {
        "read_details",
        "export_signature",
        "publish_name",
        "hold_signature",
        "exercise_rights",
        "view_personrequest",
        "add_personrequest",
        "change_personrequest",
        "view_erasure",
        "view_auditentry",
        "import_signature",
        "view_import",
    },
    # Lets people in and says what they may; reads no signer.
    "Administrator": _VIEW | _all_of("user") | {"view_group", "view_auditentry"},
}


def apply_rights() -> None:
    for name, codenames in RIGHTS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(codenames))


def _permissions(codenames: Iterable[str]) -> list[Permission]:
    """Our own and those of users; each name must exist, so that no right is lost by a typo."""
    found = {
        each.codename: each
        for each in Permission.objects.filter(
            content_type__app_label__in=("petitions", "auth"), codename__in=codenames
        )
    }
    return [found[codename] for codename in codenames]
