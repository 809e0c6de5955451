import secrets
from itertools import combinations

import pytest

from petitions.vault import Purpose, VaultError
from petitions.vault.shares import (
    SecretName,
    SharesDoNotMatch,
    combine,
    recover,
    share_paths,
    split,
    write_shares,
)

MAIL = SecretName(Purpose.MAIL, "2026-11a")
PEPPER = SecretName()


@pytest.fixture
def secret():
    return secrets.token_bytes(32)


@pytest.mark.parametrize("chosen", list(combinations(range(3), 2)))
def test_any_two_of_three_shares_give_the_secret_back(secret, chosen):
    shares = split(secret)

    assert len(shares) == 3
    assert combine([shares[number] for number in chosen]) == secret
    assert combine([shares[number] for number in reversed(chosen)]) == secret


def test_one_share_is_not_enough_even_twice(secret):
    share = split(secret)[0]

    for shares in ([share], [share, share], [share, share.replace(" ", "\n")]):
        with pytest.raises(SharesDoNotMatch):
            combine(shares)


def test_shares_of_two_secrets_do_not_fit_together(secret):
    one, other = split(secret), split(secrets.token_bytes(32))

    with pytest.raises(SharesDoNotMatch, match="do not fit together"):
        combine([one[0], other[1]])


def test_shares_of_two_splits_of_one_secret_do_not_fit_together(secret):
    with pytest.raises(SharesDoNotMatch, match="do not fit together"):
        combine([split(secret)[0], split(secret)[1]])


def test_a_wrong_word_is_noticed(secret):
    one, other, _ = split(secret)
    words = one.split()
    wrong = "academic" if words[20] != "academic" else "acid"

    for changed in (
        [*words[:20], wrong, *words[21:]],
        [*words[:20], "nonsense", *words[21:]],
        words[:-1],
        [*words, "acid"],
        words[::-1],
    ):
        with pytest.raises(SharesDoNotMatch):
            combine([" ".join(changed), other])


def test_a_shorter_secret_is_none_of_ours():
    one, other, _ = split(b"sixteen bytes ok")

    with pytest.raises(SharesDoNotMatch, match="16 bytes"):
        combine([one, other])


@pytest.mark.parametrize("name", [MAIL, SecretName(Purpose.SIGNATURE, "2026-11a"), PEPPER])
def test_share_files_say_in_plain_words_what_they_are(tmp_path, secret, name):
    folder = tmp_path / "shares"

    paths = write_shares(folder, name, secret)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert paths == share_paths(folder, name)
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600] * 3
    for number, path in enumerate(paths, start=1):
        text = path.read_text()
        assert text.startswith(f"Share {number} of 3 of a secret of this campaign\n")
        assert f"\nSecret: {name}\n" in text
        assert "Any 2 of the 3 shares give the secret back" in text
        assert secret.hex() not in text


def test_two_share_files_give_the_secret_and_its_name_back(tmp_path, secret):
    for name in (MAIL, PEPPER):
        one, _, three = write_shares(tmp_path, name, secret)

        assert recover(three, one) == (name, secret)


def test_a_share_typed_from_paper_may_have_other_spaces_and_capitals(tmp_path, secret):
    one, two, _ = write_shares(tmp_path, MAIL, secret)
    one.write_text(one.read_text().replace("\n", "\r\n"), newline="")
    head, words = two.read_text().split("Words:\n")
    two.write_text(head.replace(" ", "  ") + "Words:\n" + words.upper() + "\n\n")

    assert recover(two, one) == (MAIL, secret)


def test_no_share_file_is_ever_replaced(tmp_path, secret):
    (tmp_path / "mail-2026-11a.share-2-of-3.txt").write_text("precious")

    with pytest.raises(VaultError, match="can't be written: File exists"):
        write_shares(tmp_path, MAIL, secret)

    assert (tmp_path / "mail-2026-11a.share-2-of-3.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Secret: mail-2026-11a\n",
        "Secret: mail-2026-11a\n\nWords:\n\n",
        "Secret: letters-2026-11a\n\nWords:\nacid\n",
        "Secret: mail-2026-11a/../../x\n\nWords:\nacid\n",
        "\udcff",
    ],
)
def test_what_is_no_share_file_is_refused(tmp_path, secret, text):
    one, two, _ = write_shares(tmp_path, MAIL, secret)
    one.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(SharesDoNotMatch):
        recover(one, two)


def test_files_of_two_secrets_are_refused_by_name(tmp_path, secret):
    one = write_shares(tmp_path, MAIL, secret)[0]
    other = write_shares(tmp_path, PEPPER, secret)[1]

    with pytest.raises(SharesDoNotMatch, match="shares of two secrets: mail-2026-11a and pepper"):
        recover(one, other)
