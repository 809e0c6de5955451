"""Names that look alike among some signatures: opened on demand, shown, and kept nowhere.

An index of names would let whoever steals it ask for a name; so there is none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from petitions.admin.audit import record
from petitions.admin.chosen import choice
from petitions.admin.holds import MAY_HOLD
from petitions.admin.opening import opened
from petitions.models import AuditEntry, Petition, Signature
from petitions.signatures.folding import alike

MOST_COMPARED = 5_000
FEWEST_ALIKE = 3
GROUPS_SHOWN = 50
SPELLINGS_SHOWN = 6
# A form of ours has at most 64 KB.
MOST_POSTED = 1_500


@dataclass(frozen=True)
class Group:
    petition: Petition
    spellings: list[tuple[str, int]]
    more_spellings: int
    references: list[UUID]

    @property
    def count(self) -> int:
        return len(self.references)

    @property
    def posted(self) -> str:
        return ",".join(map(str, self.references[:MOST_POSTED]))


def compare_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    """GET says what would be opened; POST opens it."""
    if not request.user.has_perm("petitions.read_details"):
        raise PermissionDenied
    chosen = choice(request, model_admin)
    groups = None
    sealed = chosen.signatures.exclude(sig_box=None).filter(hold=None)
    count = sealed.count()
    if request.method == "POST" and count <= MOST_COMPARED:
        words = _("names compared: %(selection)s") % {"selection": chosen.words}
        record(request, AuditEntry.Action.READ, count=count, selection=words)
        groups = list(groups_alike(sealed))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Compare names"),
        "chosen": chosen,
        "count": count,
        "most": MOST_COMPARED,
        "groups": groups and groups[:GROUPS_SHOWN],
        "compared": groups is not None,
        "may_hold": request.user.has_perm(MAY_HOLD),
    }
    return TemplateResponse(request, "admin/signatures/compare.html", context)


def groups_alike(signatures: QuerySet[Signature]) -> Iterator[Group]:
    """Within each petition: one person may sign all of them."""
    names: dict[Petition, dict[UUID, str]] = defaultdict(dict)
    for signature in signatures.select_related("petition").order_by("petition", "id"):
        details = opened(signature)
        if details and details.name:
            names[signature.petition][signature.pk] = details.name
    for petition, theirs in names.items():
        for references in alike(theirs, at_least=FEWEST_ALIKE):
            spellings = Counter(theirs[each] for each in references).most_common()
            yield Group(
                petition,
                spellings[:SPELLINGS_SHOWN],
                len(spellings[SPELLINGS_SHOWN:]),
                references,
            )
