"""A signer checks a receipt in a real browser, from which neither it nor its hash may leave."""

import base64
import re

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from five_asks_verify.merkle import HASH_BYTES, leaf_hash
from petitions.delivery.batches import close_batch
from petitions.ledger.publish import publish
from petitions.models import Delivery, Head, Hold, Leaf, Petition, Signature
from petitions.signatures.holds import hold
from petitions.signatures.withdraw import erase_signatures
from tests.conftest import all_keys
from tests.database import empty_tables, fill_with_the_campaign
from tests.makers import make_signature
from tests.processes import Processes

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
PAGE = "/en/ledger/"
# Two whole tiles, a partial one, and one above them.
IN_LETTER = 520
WITHOUT_ED25519 = """
    const own = crypto.subtle.importKey.bind(crypto.subtle);
    crypto.subtle.importKey = async (...all) => {
      if (all[2] === "Ed25519") throw new DOMException("Not known", "NotSupportedError");
      return own(...all);
    };
"""


@pytest.fixture(scope="module")
def shown(django_db_setup, django_db_blocker, tmp_path_factory):
    """A site with a log of some size, and receipts by what became of their signatures."""
    folder = tmp_path_factory.mktemp("site")
    with django_db_blocker.unblock(), all_keys(folder / "vault"):
        fill_with_the_campaign()
        receipts = fill_the_log(Petition.objects.earliest("number"))
        started = Processes(folder)
        receipts["site"] = str(started.web().base_url).rstrip("/")
        yield receipts
        started.stop()
        empty_tables()


def fill_the_log(petition):
    for _ in range(IN_LETTER):
        make_signature(petition)
    close_batch(petition, now=timezone.now())
    # Letters that went out keep what is held later.
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=timezone.now())
    for _ in range(25):
        make_signature(petition)
    publish(petition)
    kinds = {"first": 0, "letter": 300, "last": 519, "waits": 530, "withdrawn": 5, "held": 257}
    leaves = {kind: Leaf.objects.get(place=place) for kind, place in kinds.items()}
    receipts = {kind: str(leaf.receipt) for kind, leaf in leaves.items()}
    hold(
        Signature.objects.filter(leaf=leaves["held"]),
        why=Hold.Why.OTHER,
        reason="It looks odd.",
        by=None,
    )
    with transaction.atomic():
        erase_signatures([leaves["withdrawn"].signature], now=timezone.now())
    publish(petition)
    return receipts


@pytest.fixture
def page(browse, shown):
    """The page, with all that it has sent and complained of."""
    page = browse()
    page.sent, page.complaints = [], []
    # Playwright takes no method of a list.
    page.on("request", lambda request: page.sent.append(request))  # noqa: PLW0108
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(f"{shown['site']}{PAGE}")
    return page


def check(page, receipt):
    page.get_by_role("textbox", name="Your receipt").fill(receipt)
    page.get_by_role("button", name="Check", exact=True).click()
    return page.locator("[data-answer]")


def asked_of_the_log(page):
    """What the browser has fetched; it also fetches the site's mark when it likes."""
    found = (re.search(r"/ledger/\d+/(.*)", request.url) for request in page.sent)
    return [each[1] for each in found if each]


def says(answer, words):
    """Among what can be seen: the page has all words, and hides the others."""
    expect(answer).to_contain_text(words, use_inner_text=True)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("first", ["Leaf 1 of 548. The log has your signature.", "It is in letter 1."]),
        ("letter", ["Leaf 301 of 548. The log has your signature.", "It is in letter 1."]),
        ("last", ["Leaf 520 of 548. The log has your signature.", "It is in letter 1."]),
        ("waits", ["Leaf 531 of 548. The log has your signature.", "It is in no letter yet."]),
        (
            "withdrawn",
            [
                "Leaf 6 of 548. The log has your signature.",
                "It is in letter 1.",
                "It was withdrawn, and is not counted.",
            ],
        ),
        (
            "held",
            [
                "Leaf 258 of 548. The log has your signature.",
                "It is in letter 1.",
                "It is out of the count for now.",
            ],
        ),
    ],
)
def test_a_receipt_is_checked_and_the_browser_keeps_it_to_itself(page, shown, kind, words):
    receipt = shown[kind]
    secret = base64.urlsafe_b64decode(receipt.rpartition(".")[2] + "=")
    page.sent.clear()

    answer = check(page, f"  {receipt}\n")

    says(answer, words[-1])
    assert [line for line in answer.inner_text().split("\n") if line] == words
    assert page.complaints == []
    asked = set(asked_of_the_log(page))
    place = int(receipt.split(".")[1])
    own_tile = "tile/0/002.p/36" if place >= 512 else f"tile/0/{place // 256:03}"
    rest = {"checkpoint", "key", "batches.json", "changes.txt", "tile/1/000.p/2"}
    assert own_tile in asked
    assert asked <= rest | {own_tile, "tile/0/002.p/36"}
    secrets = [secret, leaf_hash(secret)]
    forms = [form for raw in secrets for form in spellings(raw)] + [receipt]
    for request in page.sent:
        assert request.method == "GET"
        assert request.post_data is None
        headers = request.all_headers()
        assert "cookie" not in headers
        for form in forms:
            assert form not in request.url + str(headers)
    assert receipt not in page.url
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def spellings(raw):
    """Beginnings of what it could be written as."""
    encoded = base64.b64encode(raw).decode()
    return [
        raw.hex()[:16],
        raw.hex()[:16].upper(),
        encoded[:12],
        encoded[:12].translate(str.maketrans("+/", "-_")),
    ]


def test_two_signers_of_one_tile_look_the_same_to_the_server(page, shown):
    asked = []
    for kind in ("first", "withdrawn"):
        page.sent.clear()
        says(check(page, shown[kind]), "The log has your signature")
        expect(page.locator("[data-says=letter]")).to_be_visible()
        asked.append(sorted(asked_of_the_log(page)))
        page.reload()

    assert len(asked[0]) > 4
    assert asked[0] == asked[1]


def test_what_is_no_receipt_is_told_so_and_asks_nobody(page):
    code = "A" * 43
    almost = [f"0.1.{code}", f"1.01.{code}", f"1.1.{code[1:]}", f"1.1.{code}A", f"1.1.{'!' * 43}"]
    page.sent.clear()

    for typed in ("", "x", "1.2", "1.2.3", *almost):
        says(check(page, typed), "This is no receipt")
        page.evaluate("document.querySelector('[data-answer]').hidden = true")

    assert asked_of_the_log(page) == []


def test_a_receipt_that_opens_nothing_is_told_so(page, shown):
    log, place, code = shown["letter"].split(".")
    other = ("A" if code[0] != "A" else "B") + code[1:]

    for typed in (
        f"{log}.{place}.{other}",
        f"{log}.{int(place) + 1}.{code}",
        f"{log}.999999.{code}",
    ):
        says(check(page, typed), "The receipt does not open its leaf")
        assert "The log has your signature" not in page.locator("[data-answer]").inner_text()
    says(check(page, f"999999.{place}.{code}"), "no log of that number")


def changed(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("path", "at", "words"),
    [
        # The leaf itself, a neighbour, a leaf at the log's end, and a hash above.
        ("tile/0/001", 44 * HASH_BYTES, "does not open its leaf"),
        ("tile/0/001", 45 * HASH_BYTES, "The log contradicts itself"),
        ("tile/0/002.p/36", 35 * HASH_BYTES, "The log contradicts itself"),
        ("tile/1/000.p/2", 0, "The log contradicts itself"),
        ("tile/1/000.p/2", 40, None),
        ("checkpoint", -5, "The log contradicts itself"),
        ("key", -5, "The log contradicts itself"),
    ],
)
def test_a_log_that_was_tampered_with_is_found_out(page, shown, path, at, words):
    def tamper(route):
        answer = route.fetch()
        body = answer.body()
        route.fulfill(response=answer, body=changed(body, at % len(body)))

    page.route(f"**/{path}", tamper)
    answer = check(page, shown["letter"])

    if words is None:
        # Its own branch's root is computed, not read.
        says(answer, "The log has your signature")
    else:
        says(answer, words)
        assert "The log has your signature" not in answer.inner_text()


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/001", "key", "batches.json", "changes.txt"])
def test_where_the_server_is_away_the_page_says_so(page, shown, path):
    page.route(f"**/{path}", lambda route: route.abort())

    says(check(page, shown["letter"]), "Our server does not answer")
    assert "The log has your signature" not in page.locator("[data-answer]").inner_text()


def test_a_tile_of_the_wrong_length_is_no_tile(page, shown):
    page.route("**/tile/0/001", lambda route: route.fulfill(body=b"short"))

    says(check(page, shown["letter"]), "The log contradicts itself")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("Object.defineProperty(crypto, 'subtle', {value: undefined})", "can’t compute it"),
        (
            WITHOUT_ED25519,
            "can’t check the log’s own signature",
        ),
    ],
)
def test_an_older_browser_says_what_it_can_not_do(browse, shown, missing, words):
    page = browse()
    page.add_init_script(missing)
    page.goto(f"{shown['site']}{PAGE}")

    says(check(page, shown["letter"]), words)


def test_without_scripts_there_is_no_field_and_the_root_is_looked_up_all_the_same(browse, shown):
    page = browse(java_script_enabled=False)
    page.goto(f"{shown['site']}{PAGE}")

    expect(page.get_by_role("textbox", name="Your receipt")).to_be_hidden()
    expect(page.get_by_text("Without scripts")).to_be_visible()
    root = base64.b64encode(Head.objects.get(batches__number=1).root).decode()
    page.get_by_role("textbox", name="The root in your letter").fill(root)
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_text("Letter 1 names it")).to_be_visible()


def test_the_back_button_finds_an_empty_field(page, shown):
    says(check(page, shown["first"]), "It is in letter 1")

    page.goto(f"{shown['site']}/en/safety/")
    page.go_back()

    expect(page.get_by_role("textbox", name="Your receipt")).to_have_value("")
