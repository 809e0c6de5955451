"""The keys that sign mails, and where receivers look for them."""

import base64

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.delivery.check_mail.domain import DOMAIN, judged, published


def write_keys(folder):
    folder.mkdir()
    for name, key in {
        "one": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "two": ed25519.Ed25519PrivateKey.generate(),
    }.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
    return folder


def test_the_keys_that_sign_are_looked_for_and_told_as_they_must_be_published(
    check, zone, settings, tmp_path
):
    settings.DKIM_DIR = write_keys(tmp_path / "keys")

    code, lines = check(selector=None)

    assert code == 1
    other = "another key than the one in DKIM_DIR, by which mails are signed."
    assert judged(lines, "missing", "wrong") == [
        f"wrong DKIM one._domainkey.fiveasks.example: {other}",
        "missing DKIM No key at two._domainkey.fiveasks.example.",
    ]
    zone.replace("\n".join(published(lines)))
    assert check(selector=None)[0] == 0


def test_keys_that_nobody_can_sign_with_are_told(check, settings, tmp_path):
    settings.DKIM_DIR = tmp_path

    code, lines = check(selector=None)

    assert code == 2
    assert f"{tmp_path} must hold one RSA key as a .pem file, not 0." in lines


def test_without_a_selector_no_key_can_be_found(check, settings):
    settings.DKIM_DIR = None

    code, lines = check(selector=None)

    assert code == 0
    assert judged(lines, "warning") == [
        "warning DKIM Nobody can find keys without their selectors: name each with --selector."
    ]


def test_ed25519_alone_is_too_new(check, zone):
    key = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    text = base64.b64encode(key).decode()
    zone.publish(f'new._domainkey.{DOMAIN} TXT "v=DKIM1; k=ed25519; p={text}"')

    alone = check(selector="new")[1]
    beside = check("--selector", "new")[1]

    assert "ok DKIM new._domainkey.fiveasks.example: ed25519 key." in alone
    words = "warning DKIM Only Ed25519: most large receivers check RSA alone. Sign with both."
    assert judged(alone, "warning") == [words]
    assert judged(beside, "warning") == []
