"""Writing signatures so that a person has one under each petition, however many requests race."""

from __future__ import annotations

from collections.abc import Mapping

from petitions.models import Signature, WithdrawalLink


def store_new(wanted: list[Signature]) -> list[Signature]:
    """Insert those that are new, and return the stored signature of each petition, locked.

    Give them in the order of petitions, so that two that store at once can't wait for each other.
    """
    Signature.objects.bulk_create(wanted, ignore_conflicts=True)
    indexes = [bytes(signature.index) for signature in wanted if signature.index]
    stored = Signature.objects.with_indexes(indexes)
    return list(stored.select_for_update().only("id", "petition_id"))


def store_links(signatures: Mapping[bytes, Signature]) -> None:
    """Let a signer's own page lead to these signatures, by the hashes of its link."""
    WithdrawalLink.objects.bulk_create(
        (
            WithdrawalLink(link_hash=link_hash, signature=signature)
            for link_hash, signature in signatures.items()
        ),
        ignore_conflicts=True,
    )
