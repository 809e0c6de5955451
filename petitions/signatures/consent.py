"""Which consent a signer gave. The words are in templates/parts/consent.html."""

# Change it whenever the words change: each signature keeps the version that its signer read.
VERSION = "2026-11-28"
