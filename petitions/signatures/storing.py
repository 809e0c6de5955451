"""Writing signatures so that a person has one under each petition, however many requests race."""

from __future__ import annotations

from collections.abc import Mapping

from petitions.models import Signature, WithdrawalLink


def store_new(wanted: list[Signature]) -> list[Signature]:
    """Insert those that are new, and return the stored signature of each petition, locked.

    Give them in the order of petitions, so that two that store at once can't wait for each other.
    """
    if len(Signature.objects.add_new(wanted)) == len(wanted):
        return wanted
    indexes = [bytes(signature.index) for signature in wanted if signature.index]
    stored = Signature.objects.with_indexes(indexes)
    return list(stored.select_for_update().only("id", "petition_id"))


def store_links(signatures: Mapping[bytes, Signature]) -> None:
    """Let a signer's own page lead to these signatures, by the hashes of its link."""
    WithdrawalLink.objects.add_new(
        {link_hash: signature.pk for link_hash, signature in signatures.items()}
    )
