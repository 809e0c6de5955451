"""Writing signatures so that a person has one under each petition, however many requests race."""

from __future__ import annotations

from collections.abc import Mapping

from petitions.models import Signature, WithdrawalLink


def store_new(wanted: Mapping[bytes, Signature]) -> list[Signature]:
    """Insert those that are new, and return the stored signature of each petition, locked. The
    signer's own page leads to all of these from now on, by the hashes of its link.

    Give them in the order of petitions, so that two that store at once can't wait for each other.
    """
    new_ids = Signature.objects.add_new(wanted)
    if len(new_ids) == len(wanted):
        return list(wanted.values())
    indexes = [bytes(signature.index) for signature in wanted.values() if signature.index]
    stored = Signature.objects.with_indexes(indexes)
    locked = list(stored.select_for_update().only("id", "petition_id"))
    links = {signature.petition_id: link_hash for link_hash, signature in wanted.items()}
    earlier = {links[each.petition_id]: each.pk for each in locked if each.pk not in new_ids}
    WithdrawalLink.objects.add_new(earlier)
    return locked
