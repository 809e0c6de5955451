"""“Check the count”: what it says of each ask, and whose root an official has pasted."""

import base64
import html
import re
from http import HTTPStatus

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.ledger.publish import publish
from petitions.models import Head, Log
from petitions.web.figures import forget_figures
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
PAGE = "/en/ledger/"


@pytest.fixture
def petition(keys):
    return make_petition()


def sign(petition, count):
    for _ in range(count):
        make_signature(petition)


def words(response):
    """What a reader sees."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.text)).split())


def look(client, **query):
    forget_figures()
    return client.get(PAGE, query)


def root_of(head):
    return base64.b64encode(head.root).decode()


def test_each_ask_is_shown_with_its_numbers(client, petition):
    sign(petition, 1201)
    publish(petition)
    close_batch(petition, now=timezone.now())
    sign(petition, 3)
    make_petition(2)

    response = look(client)

    assert "Leaves 1,202 Counted 1,201 Waiting 3 Letters 1 Published" in words(response)
    assert "Ask 2 Nothing is published yet; 0 signatures wait." in words(response)
    head = Head.objects.last()
    assert f'value="{root_of(head)}"' in response.text
    assert f"{head.published_at:%H}:00 UTC" in words(response)
    for name in ("checkpoint", "key", "heads", "batches.json", "changes.txt"):
        path = f"/ledger/{head.log_id}/{name}"
        assert f'href="{path}"' in response.text
        assert client.get(path).status_code == HTTPStatus.OK
    assert f"python -m five_asks_verify http://127.0.0.1:8000/ledger/{head.log_id}" in response.text


def test_an_earlier_log_is_said_to_be_one(client, petition):
    sign(petition, 20)
    publish(petition)
    assert "An earlier log" not in words(look(client))

    Log.objects.begin(petition, now=timezone.now())
    publish(petition)

    assert words(look(client)).count("An earlier log of this ask.") == 1


def test_the_page_is_kept_by_caches_and_an_answer_about_a_root_is_not(client, petition):
    assert "max-age=1" in look(client)["Cache-Control"]
    assert "no-store" in look(client, root="x")["Cache-Control"]


@pytest.fixture
def heads(petition):
    """Of 20 signatures that no letter names, and of 25 that letter 1 does."""
    sign(petition, 20)
    plain = publish(petition)
    sign(petition, 5)
    return plain, close_batch(petition, now=timezone.now()).head


def test_the_root_of_a_letter_is_known_and_told_in_words(client, heads):
    answer = words(look(client, root=root_of(heads[1])))

    day = f"{heads[1].published_at.day} {heads[1].published_at:%B %Y}"
    assert (
        f"This is the root of “Title of ask 1” with 26 leaves, published on {day} in the hour from"
        f" {heads[1].published_at:%H}:00 UTC. It counts 25 signatures."
    ) in answer
    assert "Letter 1 names it, and carries 25 signatures." in answer


def test_a_root_that_no_letter_names_is_told_to_be_one(client, heads):
    answer = words(look(client, root=root_of(heads[0])))

    assert "with 20 leaves" in answer
    assert "But no letter of ours names it." in answer
    assert "Letter 1 names it" not in answer


@pytest.mark.parametrize(
    "broken",
    [
        "  {}\r\n",
        "\t{0[0]}{0[1]}\n{0[2]}",
        "{0[0]} {0[1]} {0[2]}",
        "{0[0]}\N{NO-BREAK SPACE}{0[1]}\N{SOFT HYPHEN}{0[2]}\N{ZERO WIDTH SPACE}",
    ],
)
def test_what_mail_programs_put_between_letters_does_no_harm(client, heads, broken):
    root = root_of(heads[1])
    parts = (root[:10], root[10:30], root[30:])
    pasted = broken.format(root) if "{}" in broken else broken.format(parts)

    assert "with 26 leaves" in words(look(client, root=pasted))


def test_a_plus_sign_in_a_typed_address_is_one(client, petition, heads):
    root = bytes([0xFB, 0xEF, 0xBE]) * 10 + b"\x01\x02"
    Head.objects.filter(pk=heads[1].pk).update(root=root)
    text = base64.b64encode(root).decode()
    assert text.startswith("++++")

    response = client.get(f"{PAGE}?root={text}")

    assert "with 26 leaves" in words(response)


def test_an_unknown_root_is_said_to_be_one_and_what_to_do(client, heads):
    response = look(client, root=base64.b64encode(bytes(32)).decode())

    assert response.status_code == HTTPStatus.OK
    assert "No log of ours has this root." in words(response)
    assert "write to privacy@fiveasks.example" in words(response)
    assert "This is the root" not in words(response)


@pytest.mark.parametrize(
    ("pasted", "complaint"),
    [
        ("", "Please paste the root of your letter."),
        (" \n", "This is no root."),
        ("hello", "This is no root."),
        ("A" * 43, "This is no root."),
        ("A" * 44, "This is no root."),
        ("A" * 42 + "B=", "This is no root."),
        ("_" * 42 + "A=", "This is no root."),
        ("Ä" * 43 + "=", "This is no root."),
        ("00" * 32, "This is no root."),
        ("<script>alert(1)</script>", "This is no root."),
        ("' OR 1=1 --", "This is no root."),
        ("A" * 6000, "This is no root."),
        ("A\0A", "Null characters are not allowed."),
    ],
)
def test_what_is_no_root_is_told_so(client, heads, pasted, complaint):
    response = look(client, root=pasted)

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert complaint in words(response)
    assert "No log of ours" not in words(response)
    assert "<script>alert" not in response.text


def test_nobody_posts_to_it(client, petition):
    assert client.post(PAGE, {"root": "x"}).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_petitions_letters_and_the_foot_lead_to_it(client, petition):
    sign(petition, 20)

    for path in ("petitions/ask-1/", "petitions/ask-1/letters/"):
        assert client.get(f"/en/{path}").text.count(f'href="{PAGE}"') == 2
