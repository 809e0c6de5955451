"""Our keys and boxes against published numbers and the RFC's own steps, so that a box can be
opened by any other implementation, in ten years as well.
"""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from petitions.vault import boxes
from petitions.vault.keys import PrivateKey, Purpose

EPOCH = "2026-11a"
HASH_BYTES = 32
# RFC 9180, section 7: KEM X-Wing, KDF HKDF-SHA256, AEAD AES-256-GCM.
SUITE = b"HPKE" + bytes.fromhex("647a 0001 0002")


@pytest.fixture
def published():
    return json.loads((Path(__file__).parent / "x_wing.json").read_text())


@pytest.fixture
def published_key(published):
    return PrivateKey(Purpose.MAIL, EPOCH, bytes.fromhex(published["seed"]))


def test_a_seed_grows_into_the_published_public_key(published, published_key):
    assert published_key.public_bytes().hex() == published["public_key"]


def test_a_box_made_by_hand_from_the_published_secret_opens(published, published_key):
    context = "sign request 1"
    data = b"ann@mail.example"
    padded = (len(data).to_bytes(4, "big") + data).ljust(512, b"\0")
    info = f"five-asks box v1|mail-{EPOCH}|{context}".encode()
    key, nonce = hpke_key_schedule(bytes.fromhex(published["shared_secret"]), info)
    ciphertext = AESGCM(key).encrypt(nonce, padded, b"")
    box = b"\x01" + EPOCH.encode() + bytes.fromhex(published["encapsulated"]) + ciphertext

    opened = boxes.open_box(box, purpose=Purpose.MAIL, key=published_key.pair(), context=context)

    assert opened == data


def hpke_key_schedule(shared_secret, info):
    """RFC 9180, section 5.1, mode_base: the key and the first message's nonce."""
    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared_secret, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


def extract(salt, label, material):
    """LabeledExtract of RFC 9180, section 4."""
    labelled = b"HPKE-v1" + SUITE + label + material
    return hmac.digest(salt or bytes(HASH_BYTES), labelled, hashlib.sha256)


def expand(secret, label, info, length):
    """LabeledExpand of RFC 9180, section 4; one round of HKDF is enough for 32 bytes."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + label + info
    return hmac.digest(secret, labelled + b"\x01", hashlib.sha256)[:length]
