"""A mistake in a campaign's files is one line that names the file and, where there is one, the line."""

import io
import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from petitions.models import Office, Page, Petition

pytestmark = pytest.mark.django_db
EXAMPLE = settings.BASE_DIR / "examples/night-bus"
NIGHT = "petitions/1-night-bus/"


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(EXAMPLE, folder)
    return folder


def load(content) -> str:
    """What the command says of it, without the folder."""
    with pytest.raises(CommandError) as refusal:
        call_command("load_campaign", content, stdout=io.StringIO())
    said = str(refusal.value)
    assert "\n" not in said
    assert not Petition.objects.exists()
    assert not Page.objects.exists()
    return said.replace(f"{content}/", "")


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def python(*words, content):
    """A process of its own, with this campaign and no database."""
    environment = {
        "SECRET_KEY": "x",
        "DATABASE_URL": "postgres:///x",
        "DJANGO_SETTINGS_MODULE": "campaign.settings",
        "CONTENT_DIR": str(content),
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("campaign.toml", 'name = "Last', 'nam = "Last', "campaign.toml, line 1: nothing here is called nam."),
        ("campaign.toml", 'name = "Last Bus Home"\n', "", "campaign.toml: name is missing."),
        ("campaign.toml", 'tagline = "Two', "tagline = Two", "campaign.toml, line 2: Invalid value."),
        ("campaign.toml", "privacy@lastbus.example", "nobody", "campaign.toml, line 11: nobody is no address."),
        ("campaign.toml", "[languages.de]", "[languages.xx]", "campaign.toml, line 41: the site does not speak “xx”, but en, uk, ru, be, de, fr, pl, lt."),
        ("campaign.toml", '"#5b2a86"', '"violet"', "campaign.toml, line 24: accent must be a colour as in #00636d."),
        ("campaign.toml", "2026-11-29", '"soon"', "campaign.toml, line 19: changed must be a day, as in 2026-11-28."),
        ("campaign.toml", "\n[notices]", "\n[notice]", "campaign.toml, line 14: nothing here is called notice."),
        ("pages/home.en.md", "+++", "---", "pages/home.en.md, line 1: it must begin with facts between two lines of +++."),
        ("pages/home.en.md", "lead =", "leed =", "pages/home.en.md, line 3: nothing here is called leed, but title, lead."),
        ("pages/home.en.md", '"A bus', "A bus", "pages/home.en.md, line 3: Invalid value."),
        (f"{NIGHT}petition.toml", "goal = 2000\n", "", f"{NIGHT}petition.toml: goal: This field cannot be null."),
        (f"{NIGHT}petition.toml", '"open"', '"opened"', f"{NIGHT}petition.toml, line 4: state: Value 'opened' is not a valid choice."),
        (f"{NIGHT}petition.toml", "number = 1\n", "", f"{NIGHT}petition.toml: number is missing."),
        ("petitions/2-lit-stops/petition.toml", "number = 2", "number = 1", f"petitions/2-lit-stops/petition.toml, line 1: the number 1 stands at {NIGHT}petition.toml, line 1 already."),
        ("petitions/2-lit-stops/petition.toml", '"lit-stops"', '"night-bus"', f"petitions/2-lit-stops/petition.toml, line 2: the slug night-bus stands at {NIGHT}petition.toml, line 2 already."),
        (f"{NIGHT}letter.en.md", "{office}", "{name}", f"{NIGHT}letter.en.md, line 3: salutation: There is no placeholder {{name}}"),
        ("offices.csv", "operations@transport.tannwerd.example", "", "offices.csv, line 3: email: This field cannot be blank."),
        ("offices.csv", "Europe/Berlin,1;2", "Europe/Berlin,", "offices.csv, line 2: asks is empty"),
        ("offices.csv", "Europe/Berlin,1;2", "Europe/Berlin,1;7", "offices.csv, line 2: there is no ask 7."),
        ("offices.csv", ",email,", ",mail,", "offices.csv, line 1: its columns must be office, organisation, country,"),
        ("offices.csv", "DE,transport@", "DE,de,transport@", "offices.csv, line 2: it has 8 cells; the columns must be 7."),
        ("offices.csv", "DE,transport@", "Germany,transport@", "offices.csv, line 2: country: "),
        ("offices.csv", "example,en,", "example,xx,", "offices.csv, line 4: language: Value 'xx' is not a valid choice."),
        ("offices.csv", "lighting@city.", "transport@city.", "offices.csv, line 5: the address transport@city.tannwerd.example stands at offices.csv, line 2 already."),
        ("offices.de.csv", "lighting@", "light@", "offices.de.csv, line 5: offices.csv has no address light@city"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named_with_its_line(content, file, old, new, said):
    change(content / file, old, new)

    assert load(content).startswith(said)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("campaign.toml", "campaign.toml is missing."),
        ("offices.csv", "offices.csv is missing."),
        ("pages/privacy.en.md", "pages/privacy.en.md is missing."),
        (f"{NIGHT}petition.toml", f"{NIGHT}petition.toml is missing."),
        (f"{NIGHT}en.md", f"{NIGHT}en.md is missing."),
        (f"{NIGHT}letter.de.md", f"{NIGHT}letter.de.md is missing."),
        (f"{NIGHT}de.md", f"{NIGHT}letter.de.md: de.md is missing beside it."),
    ],
)
def test_a_file_that_is_missing_is_named(content, file, said):
    (content / file).unlink()

    assert load(content) == said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pages/home.de.md", "pages/home.xx.md", "pages/home.xx.md: the name must end in a language"),
        (f"{NIGHT}de.md", f"{NIGHT}german.md", f"{NIGHT}german.md: the name must be a language"),
        ("offices.de.csv", "offices.german.csv", "offices.german.csv: the name must end in a language"),
        (f"{NIGHT}updates/2026-09-14.de.md", f"{NIGHT}updates/September.de.md", f"{NIGHT}updates/September.de.md: the name must begin with a day"),
    ],
)  # fmt: skip
def test_a_file_with_a_wrong_name_is_named(content, old, new, said):
    (content / old).rename(content / new)

    assert load(content).startswith(said)


def test_a_file_that_is_no_text_is_named(content):
    (content / "pages/home.en.md").write_bytes(b'+++\ntitle = "\xff"\n+++\n')

    assert load(content) == "pages/home.en.md can't be read as text in UTF-8."


def test_the_example_itself_is_loaded_and_loaded_again(content):
    call_command("load_campaign", content, stdout=io.StringIO())
    call_command("load_campaign", content, stdout=(second := io.StringIO()))

    assert Petition.objects.count() == 2
    assert Office.objects.count() == 4
    assert second.getvalue() == "0 loaded, 0 replaced.\n"


def test_a_site_with_a_bad_campaign_does_not_start_and_says_why(content):
    change(content / "campaign.toml", "[controller]", "[controler]")

    done = python("manage.py", "check", content=content)

    assert done.returncode == 1
    assert done.stderr == f"{content}/campaign.toml, line 9: nothing here is called controler.\n"


def test_migrations_are_the_same_for_each_campaign():
    code = (
        "import django; django.setup();"
        "from django.conf import settings; from petitions.models import Office;"
        "field = Office._meta.get_field('language');"
        "print([code for code, _ in settings.LANGUAGES], len(field.choices),"
        " len(field.deconstruct()[3]['choices']))"
    )

    done = python("-c", code, content=EXAMPLE)

    assert re.sub(r"\s+", " ", done.stdout).strip() == "['en', 'de'] 2 8"
