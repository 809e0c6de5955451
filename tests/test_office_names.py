"""What offices are called in other languages: from files into the database and onto the screen."""

import shutil

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import override

from petitions.content import load_campaign
from petitions.content_files import ContentNotValid
from petitions.models import Office, OfficeName
from tests.makers import make_office, make_petition

pytestmark = pytest.mark.django_db
HEAD = "email,office,organisation\n"
LINE = 'foreign.secretary@fcdo.gb.example,Міністр закордонних справ,"Британія, Форин-офіс"\n'


@pytest.fixture
def content(tmp_path):
    """The campaign, without its own translations of offices."""
    folder = tmp_path / "content"
    shutil.copytree(settings.CONTENT_DIR, folder, ignore=shutil.ignore_patterns("offices.??.csv"))
    return folder


def test_an_office_is_called_as_its_file_says_in_that_language_alone(content):
    (content / "offices.uk.csv").write_text(HEAD + LINE)

    load_campaign(content)

    office = Office.objects.get(email="foreign.secretary@fcdo.gb.example")
    with override("uk"):
        assert office.named.name == "Міністр закордонних справ"
        assert office.named.organisation == "Британія, Форин-офіс"
    with override("de"):
        assert office.named == office


def test_what_an_organizer_changed_stays_when_the_files_are_loaded_again(content):
    (content / "offices.uk.csv").write_text(HEAD + LINE)
    load_campaign(content)
    OfficeName.objects.update(name="Краща назва")

    report = load_campaign(content)

    assert OfficeName.objects.get().name == "Краща назва"
    assert report.kept == ["Краща назва, Британія, Форин-офіс"]
    load_campaign(content, overwrite=True)
    assert OfficeName.objects.get().name == "Міністр закордонних справ"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("uk", HEAD + "nobody@office.example,Хтось,Десь\n", "no address nobody@office.example"),
        ("uk", "email,office\na@office.example,Хтось\n", "columns must be"),
        ("uk", HEAD + LINE.strip() + ",more\n", "columns must be"),
        ("uk", HEAD + LINE.replace("Міністр закордонних справ", ""), "offices.uk.csv"),
        ("uk", HEAD + LINE.replace("Міністр", "М" * 200), "offices.uk.csv"),
        ("xx", HEAD + LINE, "must end in a language"),
    ],
)
def test_a_file_that_can_not_be_used_is_named_and_nothing_is_stored(content, name, text, words):
    (content / f"offices.{name}.csv").write_text(text)

    with pytest.raises(ContentNotValid, match=words):
        load_campaign(content)

    assert not Office.objects.exists()


def test_an_office_has_one_name_in_a_language():
    office = make_office(make_petition())
    name = {"office": office, "language": "uk", "name": "Міністр", "organisation": "Уряд"}
    OfficeName.objects.create(**name)

    with pytest.raises(ValidationError):
        OfficeName(**name).full_clean()
