"""A key that somebody leaves in the code is found by `make check`."""

import secrets

import pytest

from local.planted_secrets import ALLOWED, HEX, KEYWORD, _found, judge

KEY = ("BEGIN", "PRIVATE KEY")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"-----{' '.join(KEY)}-----\nMC4CAQAwBQYDK2VwBCIEIA==\n", "Private Key"),
        (f'key = "{"AKIA"}{"Z7QJ4M2XN5TB6WPC"}"\n', "AWS Access Key"),
        (f'pepper = "{secrets.token_hex(32)}"\n', HEX),
        (
            f"DATABASE_URL=postgres://site:{secrets.token_urlsafe(16)}@db.example/x\n",
            "Basic Auth Credentials",
        ),
        (f'password = "{secrets.token_urlsafe(16)}"\n', KEYWORD),
    ],
    ids=["private key", "token", "hex", "address", "password"],
)
def test_a_planted_key_is_found_and_not_shown(tmp_path, text, kind):
    (tmp_path / "settings.py").write_text(f"# A comment.\n{text}")

    problems = judge(_found(["settings.py"], root=tmp_path), {})

    assert f"settings.py:2: {kind}" in problems
    assert not any(word in "".join(problems) for word in text.split('"')[1:2])


def test_what_is_allowed_is_allowed_in_its_place_alone():
    found = [("tests/vault/x_wing.json", 3, HEX), ("petitions/vault/x_wing.json", 3, HEX)]
    allowed = {("tests/vault/x_wing.json", HEX): "vectors", ("docs/*", HEX): "gone"}

    assert judge(found, allowed) == [
        "petitions/vault/x_wing.json:3: Hex High Entropy String",
        "nothing needs this any more: docs/*, Hex High Entropy String",
    ]


def test_no_allowance_takes_a_private_key_or_a_services_token():
    assert {kind for _, kind in ALLOWED} <= {
        HEX,
        KEYWORD,
        "Basic Auth Credentials",
        "Base64 High Entropy String",
    }
