"""Which consent a signer gave: the words of templates/parts/consent.html, and the campaign's own."""

from petitions.content import campaign

# Change it whenever the words of the template change.
_TEMPLATE = "2026-11-28"


def version() -> str:
    """The day on which the words changed last; each signature keeps what its signer read."""
    changed = campaign()["consent"].get("changed")
    return max(_TEMPLATE, str(changed)) if changed else _TEMPLATE
