"""Both signatures hold for a verifier that is not ours, and break when a mail is changed."""

import base64
import re
import shutil
import time
from dataclasses import replace
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings as django_settings

from campaign.checks.keys import refuse_to_start_with_wrong_keys
from campaign.roles import Role
from petitions.dkim import sign, signers
from petitions.mime import Mail

FROM = "Five Asks <letters@fiveasks.example>"
RSA = generate_rsa(65537, 2048)
ED25519 = Ed25519PrivateKey.generate()


class VerifyKey:
    """What dkimpy asks of PyNaCl, which nothing else here needs, by `cryptography`."""

    def __init__(self, key, **_):
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))

    def verify(self, data, signature):
        self._key.verify(signature, data)
        return data


NACL = SimpleNamespace(
    signing=SimpleNamespace(VerifyKey=VerifyKey),
    encoding=SimpleNamespace(Base64Encoder=None),
    exceptions=SimpleNamespace(BadSignatureError=InvalidSignature, ValueError=ValueError),
)


@pytest.fixture(autouse=True)
def verifier(monkeypatch):
    monkeypatch.setattr(dkim, "nacl", NACL, raising=False)


@pytest.fixture
def folder(tmp_path, settings):
    """A folder with a good pair of keys, in use."""
    signers.cache_clear()
    settings.DKIM_DIR = tmp_path / "dkim"
    settings.DKIM_DIR.mkdir()
    write(settings.DKIM_DIR / "rsa.pem", RSA)
    write(settings.DKIM_DIR / "ed25519.pem", ED25519)
    yield settings.DKIM_DIR
    signers.cache_clear()


def write(file, key, encryption=None):
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    )


def records(name, timeout=5):
    """What the campaign's DNS says."""
    rsa = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ed25519 = ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        b"rsa._domainkey.fiveasks.example.": b"v=DKIM1; k=rsa; p=" + base64.b64encode(rsa),
        b"ed25519._domainkey.fiveasks.example.": b"v=DKIM1; k=ed25519; p="
        + base64.b64encode(ed25519),
    }.get(name)


def a_mail(body="Please do the thing.  \n\n\tYours\n\n\n", **headers):
    mail = Mail("Про річ 1 " * 20, body, FROM, ["minister@office.example"], headers=headers)
    mail.attach_alternative(f"<p>{body}</p>", "text/html")
    mail.attach("signers.csv", "Šarūnas", "text/csv")
    return mail.message().as_bytes(linesep="\r\n")


def verdicts(raw):
    """Of each signature, the first is the topmost."""
    return [_holds(raw, which) for which in range(2)]


def _holds(raw, which):
    try:
        return dkim.DKIM(raw).verify(idx=which, dnsfunc=records)
    except dkim.ValidationError:
        return False


@pytest.mark.parametrize("body", ["Please.\n", "", "\n\n", " \n", "a \t b  \n\n", "Привіт\n" * 99])
def test_both_signatures_hold(folder, body):
    raw = a_mail(body, **{"List-Unsubscribe": "<https://fiveasks.example/x/>"})

    assert raw.count(b"DKIM-Signature: ") == 2
    assert raw.count(b"\r\n d=fiveasks.example; s=") == 2
    assert verdicts(raw) == [True, True]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_they_hold_for_a_mail_of_one_part(folder):
    mail = Mail("Subject", "a \t b  \n\n \n.\nlast", FROM, ["minister@office.example"])

    assert verdicts(mail.message().as_bytes(linesep="\r\n")) == [True, True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Date: ", b"Date: Mon, "),
        (b"From: ", b"From: x"),
        (b"\r\nTo: ", b"\r\nTo: other@office.example, "),
        (b"x/>", b"y/>"),
        (b"One-Click", b"Two-Click"),
        (b"P", b"Q"),
    ],
)
def test_a_changed_mail_is_found_out(folder, old, new):
    unsubscribe = {
        "List-Unsubscribe": "<https://fiveasks.example/x/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    raw = a_mail(**unsubscribe)
    start = raw.rindex(b"DKIM-Signature: ")
    start = raw.index(b"\r\nFrom: ", start)
    changed = raw[:start] + raw[start:].replace(old, new)

    assert changed != raw
    assert verdicts(raw) == [True, True]
    assert verdicts(changed) == [False, False]


@pytest.mark.parametrize("name", ["From", "Subject", "To", "Reply-To", "Cc", "Date"])
def test_a_second_header_is_found_out(folder, name):
    changed = a_mail().replace(b"\r\nFrom:", f"\r\n{name}: eve@mail.example\r\nFrom:".encode(), 1)

    assert verdicts(changed) == [False, False]


def test_where_the_relay_signs_we_do_not(settings):
    settings.DKIM_DIR = None

    assert b"DKIM-Signature" not in a_mail()


def test_both_keys_together_are_faster_than_one_in_pure_python(folder, settings, show):
    settings.DKIM_DIR = None
    mail = a_mail()
    settings.DKIM_DIR = folder
    pem = (folder / "rsa.pem").read_bytes()

    ours = a_second(lambda: sign(mail, domain="fiveasks.example"))
    theirs = a_second(lambda: dkim.sign(mail, b"rsa", b"fiveasks.example", pem))

    show(f"letters signed by RSA-2048 and Ed25519: {ours:,.0f} a second on one core")
    assert ours > theirs


def a_second(work):
    times = 0
    work()
    began = time.process_time()
    while (seconds := time.process_time() - began) < 0.2:
        work()
        times += 1
    return times / seconds


def no_folder(folder):
    shutil.rmtree(folder)


def no_rsa(folder):
    (folder / "rsa.pem").unlink()


def no_ed25519(folder):
    (folder / "ed25519.pem").unlink()


def two_of_a_kind(folder):
    write(folder / "next.pem", RSA)


def no_key(folder):
    (folder / "rsa.pem").write_text("none")


def a_directory(folder):
    (folder / "more.pem").mkdir()


def a_password(folder):
    write(folder / "rsa.pem", RSA, BestAvailableEncryption(b"secret"))


def too_short(folder):
    write(folder / "rsa.pem", generate_rsa(65537, 1024))  # noqa: S505 - that is the point


def another_kind(folder):
    write(folder / "rsa.pem", generate_private_key(SECP256R1()))


def no_selector(folder):
    (folder / "rsa.pem").rename(folder / "our key.pem")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_folder, "must hold one RSA key as a .pem file, not 0"),
        (no_rsa, "must hold one RSA key as a .pem file, not 0"),
        (no_ed25519, "must hold one Ed25519 key as a .pem file, not 0"),
        (two_of_a_kind, "must hold one RSA key as a .pem file, not 2"),
        (no_key, "rsa.pem is no private key without a password, in PEM"),
        (a_directory, "more.pem can't be read: Is a directory"),
        (a_password, "rsa.pem is no private key without a password, in PEM"),
        (too_short, "rsa.pem has 1024 bits; receivers want 2048"),
        (another_kind, "rsa.pem is neither an RSA nor an Ed25519 key"),
        (no_selector, "our key.pem is named for no selector"),
    ],
)
def test_with_wrong_keys_a_role_that_sends_does_not_start(folder, keys, spoil, words):
    refuse_to_start_with_wrong_keys()
    signers.cache_clear()
    spoil(folder)

    with pytest.raises(SystemExit, match=re.escape(words)):
        refuse_to_start_with_wrong_keys()


def test_a_role_that_sends_nothing_must_not_have_them(folder, keys, settings):
    settings.ROLE = Role.WEB
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, foreign=frozenset({"DKIM_DIR"}))
    for secret in Role.ALL.secrets:
        shutil.rmtree(keys.directory / secret)

    with pytest.raises(SystemExit, match=r"The web role does not start\. It sends no mail"):
        refuse_to_start_with_wrong_keys()


def test_by_default_nothing_is_signed():
    assert django_settings.DKIM_DIR is None
