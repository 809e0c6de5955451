"""Which process has an admin, and what its pages may do in a browser."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.urls import reverse

from tests.makers import make_petition, make_signature

ROOT = Path(__file__).resolve().parents[2]

PAGES = [
    reverse("admin:index"),
    reverse("admin:petitions_signature_changelist"),
    reverse("admin:petitions_signature_find"),
    reverse("admin:petitions_export_add"),
    reverse("admin:petitions_petition_add"),
]


@pytest.mark.parametrize("path", [*PAGES, "/admin/password_change/", "/admin/jsi18n/"])
def test_an_organizers_page_may_load_from_this_site_alone_and_run_no_inline_script(organizer, path):
    policy = policy_of(organizer.get(path))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["style-src"] == "'self'"
    assert policy["style-src-attr"] == "'unsafe-inline'"
    assert policy["connect-src"] == "'self'"
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "require-trusted-types-for" not in policy


def test_the_login_page_has_the_organizers_policy_too(client, db, keys):
    assert "script-src" in policy_of(client.get("/admin/account/login/"))


def test_the_public_pages_policy_allows_no_code_in_strings(client, db, keys):
    make_petition()

    assert policy_of(client.get("/en/petitions/ask-1/"))["script-src"] == "'self'"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_carries_a_script_or_a_stylesheet_within_it(organizer, path):
    text = organizer.get(path).text

    assert "<style" not in text
    assert [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag] == []


def policy_of(response):
    directives = response["Content-Security-Policy"].split("; ")
    return dict(directive.partition(" ")[::2] for directive in directives)


def test_the_public_process_has_no_admin(keys):
    shutil.rmtree(keys.directory / "mail")
    shutil.rmtree(keys.directory / "ledger")
    shutil.rmtree(keys.directory / "signature")
    shutil.rmtree(keys.directory / "pepper")

    answers = run_as("web", keys, "ask('/admin/'); ask('/admin/login/')")

    assert answers == ["404 /admin/", "404 /admin/login/"]


@pytest.mark.django_db(transaction=True)
def test_the_organizers_process_has_the_admin_without_public_pages(keys, django_user_model):
    shutil.rmtree(keys.directory / "mail")
    shutil.rmtree(keys.directory / "ledger")
    django_user_model.objects.create_superuser("olga")
    signature = make_signature(make_petition(), name="Ann Lee", address="ann@mail.example")
    paths = [
        *PAGES,
        reverse("admin:petitions_signature_change", args=[signature.pk]),
        reverse("admin:petitions_petition_change", args=[signature.petition_id]),
    ]

    answers = run_as("organizer", keys, f"log_in(); [ask(path) for path in {paths}]; ask('/en/')")

    assert answers == [*(f"200 {path}" for path in paths), "404 /en/"]


@pytest.mark.django_db(transaction=True)
def test_the_organizers_process_opens_details_and_finds_people(keys, django_user_model):
    shutil.rmtree(keys.directory / "mail")
    shutil.rmtree(keys.directory / "ledger")
    django_user_model.objects.create_superuser("olga")
    signature = make_signature(make_petition(), name="Ann Lee", address="ann@mail.example")
    detail = reverse("admin:petitions_signature_change", args=[signature.pk])
    find = reverse("admin:petitions_signature_find")

    answers = run_as(
        "organizer",
        keys,
        f"log_in(); print('Ann Lee' in client.get('{detail}').text);"
        f" page = client.post('{find}', dict(address='ann@mail.example'));"
        f" print('{signature.pk}' in page.text)",
    )

    assert answers == ["True", "True"]


def run_as(role, keys, story):
    """The lines that a process of this role prints, started as a server starts it."""
    program = f"""
from campaign.wsgi import application
from django.contrib.auth.models import User
from django.test import Client

client = Client(HTTP_HOST="127.0.0.1")

def log_in():
    from tests.admin.conftest import sign_in
    sign_in(client, User.objects.get())

def ask(path):
    response = client.get(path)
    assert "View on site" not in response.text and "Return to site" not in response.text
    print(response.status_code, path)

{story}
"""
    database = urlsplit(os.environ["DATABASE_URL"])
    test_database = database.path.rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
    environment = os.environ | {
        "CAMPAIGN_ROLE": role,
        "VAULT_DIR": str(keys.directory),
        "DATABASE_URL": database._replace(path=test_database).geturl(),
        "MAILBOX_DIR": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
