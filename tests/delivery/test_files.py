"""The files of a letter: the list of signers and the petition book."""

import csv
import hashlib
import io
import json
import unicodedata

import pytest
import typst
from django.utils import timezone
from django.utils.translation import override

from petitions.delivery import files
from petitions.delivery.batches import close_batch
from petitions.delivery.book import DESIGN, Book
from petitions.delivery.content import open_batch
from petitions.delivery.files import FileShelf, make_files
from petitions.models import Batch, Delivery, Visibility
from tests.makers import make_office, make_petition, make_signature
from tests.pdf import pages_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def petition(keys):
    return make_petition()


def made(petition, *, language="en", first=""):
    batch = close_batch(petition, now=NOW) or Batch.objects.get()
    with override(language):
        return make_files(batch, open_batch(batch), first=first)


def names_in(signer_files):
    text = signer_files.csv.content.decode("utf-8-sig")
    return [row[1] for row in csv.reader(io.StringIO(text, newline=""))][1:]


def book_text(signer_files):
    (book,) = signer_files.volumes
    return "".join(pages_of(book.content))


def without_breaks(text):
    return text.replace("\n", "").replace("\N{ZERO WIDTH SPACE}", "")


def test_the_book_holds_the_ask_the_totals_the_names_and_the_comments(petition):
    make_signature(petition, name="Šarūnas Žukauskas", country="LT", comment="Please act.\nSoon.")
    make_signature(petition, name="Олена Ґонта-Їжакевич", country="UA")
    make_signature(petition, country="UA", visibility=Visibility.WITHHELD, name="Nobody Knows")

    made_files = made(petition)

    (book,) = made_files.volumes
    pages = pages_of(book.content)
    assert "Title of ask 1" in pages[0]
    assert "This letter carries 3 new signatures." in pages[0]
    assert "1 signer asked to be counted and not named." in pages[0]
    assert "Please do the thing." in pages[1]
    assert "Šarūnas Žukauskas" in pages[2]
    assert "Олена Ґонта-Їжакевич" in pages[2]
    assert "Please act." in pages[3]
    assert f"Page 3 of {len(pages)}" in pages[2]
    assert "Nobody" not in "".join(pages) + made_files.csv.content.decode()


def test_the_book_says_the_fingerprint_of_the_list(petition):
    make_signature(petition)

    made_files = made(petition)

    text = book_text(made_files)
    assert hashlib.sha256(made_files.csv.content).hexdigest() in text
    assert f"sha256sum {made_files.csv.name}" in text.replace("\n", "")


HOSTILE = [
    "#panic()",
    "$x^2$",
    "\\u{41} \\ back",
    '"quoted" #read("/etc/passwd")',
    "*bold* _it_ `raw` @ref <label> = h",
    "// gone /* gone */ {page}",
    "]#[",
    "W" * 150,
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_somebody_typed_is_printed_and_never_run(petition, typed):
    make_signature(petition, name=typed, comment=typed)

    text = without_breaks(book_text(made(petition)))

    assert text.count(typed) == len(["as a name", "as a comment", "as the name below the comment"])


def test_names_in_any_script_make_a_book(petition):
    make_signature(petition, name="שרה כהן")
    make_signature(petition, name="\u202eAnn \U0001f54a 王\u202c")
    make_signature(petition, name="Ann Lee")

    text = book_text(made(petition))

    assert "Ann Lee" in text
    assert "Ann " in text.replace("Ann Lee", "")
    assert set("שרהכן") <= set(text)


@pytest.mark.parametrize("language", ["be", "de", "en", "fr", "lt", "pl", "ru", "uk"])
def test_every_letter_of_the_campaigns_languages_is_drawn(petition, language):
    every = "ҐґЄєІіЇїЎўЁё’ąčęėįšųūžĄČĘĖĮŠŲŪŽłńśźżóäöüßẞéèêëçœàùîïŁŃŚŹŻЭЫЪЬЮЯ"
    make_signature(petition, name=every)

    made_files = made(petition, language=language)

    text = without_breaks(unicodedata.normalize("NFC", book_text(made_files)))
    assert every in text
    assert f"/Lang({language})".encode() in made_files.volumes[0].content
    assert b"/StructTreeRoot" in made_files.volumes[0].content
    assert b"<dc:title>" in made_files.volumes[0].content


def test_the_readers_country_comes_first_and_names_stand_as_their_alphabet_has_them(petition):
    for name in ["Ярина", "Іван", "Ґеник", "Гнат"]:
        make_signature(petition, name=name, country="UA")
    make_signature(petition, name="Žygis", country="LT")

    assert names_in(made(petition, language="uk")) == ["Žygis", "Гнат", "Ґеник", "Іван", "Ярина"]
    own_first = made(petition, language="uk", first="UA")

    assert names_in(own_first) == ["Гнат", "Ґеник", "Іван", "Ярина", "Žygis"]
    text = book_text(own_first)
    assert text.index("Гнат") < text.index("Ґеник") < text.index("Ярина") < text.index("Žygis")


def test_letters_that_are_alike_share_their_files(petition):
    countries = {"A": "LT", "B": "LT", "C": "FR", "D": ""}
    offices = {
        name: make_office(petition, name=name, country=country)
        for name, country in countries.items()
    }
    make_signature(petition, country="LT")
    make_signature(petition, country="UA")
    batch = close_batch(petition, now=NOW)
    content, shelf = open_batch(batch), FileShelf()

    def files_of(name, language="en"):
        with override(language):
            return shelf.of(content, Delivery.objects.get(office=offices[name]))

    assert files_of("A") is files_of("B")
    assert files_of("C") is files_of("D")
    assert files_of("A") is not files_of("C")
    assert files_of("A") is not files_of("A", language="de")


def test_the_shelf_forgets_what_was_used_longest_ago(petition, monkeypatch):
    office = make_office(petition)
    make_signature(petition)
    batch = close_batch(petition, now=NOW)
    content, shelf = open_batch(batch), FileShelf()
    delivery = Delivery.objects.get(office=office)
    with override("en"):
        english = shelf.of(content, delivery)
        monkeypatch.setattr(files, "SHELF_BYTES", english.size + 1)
        assert shelf.of(content, delivery) is english
        with override("de"):
            shelf.of(content, delivery)

        assert shelf.of(content, delivery) is not english


def test_very_many_signers_fill_several_volumes(petition):
    for name in "ABCDE":
        make_signature(petition, name=f"Signer {name}")
    batch = close_batch(petition, now=NOW)
    content = open_batch(batch)
    signers = files.in_order(content.signers, first="")
    book = Book(batch, content, signers, csv_name="list.csv", fingerprint="0" * 64)

    with override("en"):
        volumes = ["".join(pages_of(pdf)) for pdf in book.volumes(size=2)]

    assert [[name for name in "ABCDE" if f"Signer {name}" in text] for text in volumes] == [
        ["A", "B"],
        ["C", "D"],
        ["E"],
    ]
    assert all("This letter carries 5 new signatures." in text for text in volumes)
    assert "Volume 3 of 3" in volumes[2]


def test_the_design_warns_of_nothing(petition):
    make_signature(petition, comment="Please act.")
    batch = close_batch(petition, now=NOW)
    content = open_batch(batch)
    book = Book(batch, content, content.signers, csv_name="list.csv", fingerprint="0" * 64)

    _, warnings = typst.compile_with_warnings(
        DESIGN.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(book.data(content.signers))},
    )

    assert warnings == []
