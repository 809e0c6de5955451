"""What must hold for the bytes of every mail."""

import re
from email import message_from_bytes, policy


def lint(raw: bytes) -> None:
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw)
    head, _, body = raw.partition(b"\r\n\r\n")
    # Longer header lines are one word, such as a link, which must not be torn.
    for each in head.split(b"\r\n"):
        assert len(each) <= 78 or b" " not in each.partition(b": ")[2]
        assert len(each) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 78
    for word in re.findall(rb"=\?utf-8\?[^ \r\n]*", head):
        assert len(word) <= 75


def lint_headers(raw: bytes, *, domain: str) -> None:
    """Those that receivers of much mail want, each once, in the name of one domain."""
    mail = message_from_bytes(raw, policy=policy.default)
    for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"):
        assert len(mail.get_all(name, [])) == 1, name
    assert mail["From"].addresses[0].domain == domain
    assert re.fullmatch(rf"<[^@<>\s]+@{re.escape(domain)}>", mail["Message-ID"])
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not mail.defects
    for part in mail.walk():
        assert not part.defects
