"""Pages of a list that may have a million rows: counted up to a bound, and no deeper than that.

To count them all takes longer than all else on the page, and nobody leafs through ten thousand
pages: whoever looks for something narrows the list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

# A number that nobody needs to know more exactly.
COUNTED_UP_TO = 10_000


def count_up_to(rows: QuerySet[Any], most: int = COUNTED_UP_TO) -> int:
    """One more than `most` where there are more."""
    return rows.order_by().values("pk")[: most + 1].count()


class BoundedPaginator(_Paginator):
    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNTED_UP_TO)

    @property
    def has_more(self) -> bool:
        """Whether there are rows that no page shows."""
        return self._counted > COUNTED_UP_TO

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        return count_up_to(rows) if isinstance(rows, QuerySet) else len(rows)
