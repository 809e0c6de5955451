"""One signer's page: details opened on the fly, and never without a line in the audit trail."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from petitions.models import AuditEntry, Signature, Visibility
from petitions.signatures.suspicions import look_for_suspicions
from tests.makers import make_petition, make_signature


def page_of(client, signature):
    return client.get(reverse("admin:petitions_signature_change", args=[signature.pk]))


def test_a_signers_page_shows_what_was_sealed(organizer):
    signature = make_signature(
        make_petition(), name="Ann O'Neill", postcode="LT-01103", comment="<b>Прошу</b>"
    )

    page = page_of(organizer, signature)

    assert "Ann O&#x27;Neill" in page.text
    assert "LT-01103" in page.text
    assert "&lt;b&gt;Прошу&lt;/b&gt;" in page.text
    assert "no-store" in page["Cache-Control"]


def test_who_reads_a_signers_details_stands_in_the_audit_trail(organizer):
    signature = make_signature(make_petition(), name="Ann Lee")

    page_of(organizer, signature)

    entry = AuditEntry.objects.get()
    assert (entry.user, entry.action, entry.count) == (User.objects.get(), "read", 1)
    assert entry.selection == str(signature.pk)


def test_a_helper_without_that_right_sees_no_details_and_leaves_no_line(helper):
    signature = make_signature(make_petition(), name="Ann Lee")

    page = page_of(helper(), signature)

    assert page.status_code == 200
    assert "Ann Lee" not in page.text
    assert AuditEntry.objects.count() == 0


def test_a_helper_with_that_right_sees_them(helper):
    signature = make_signature(make_petition(), name="Ann Lee")

    assert "Ann Lee" in page_of(helper("read_details"), signature).text


def test_of_who_is_counted_only_there_is_nothing_to_read(organizer):
    signature = make_signature(make_petition(), visibility=Visibility.WITHHELD)

    assert "counted only: nothing was kept" in page_of(organizer, signature).text
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    "box", [b"no box", b"\x012026-11a" + bytes(1200), b"\x012019-01a" + bytes(1200)]
)
def test_a_box_that_does_not_open_shows_words(organizer, box):
    signature = make_signature(make_petition(), name="Ann Lee")
    Signature.objects.filter(pk=signature.pk).update(sig_box=box)

    page = page_of(organizer, signature)

    assert page.status_code == 200
    assert "could not be opened with the keys that are here" in page.text


def test_a_wrong_key_shows_words(organizer, keys):
    signature = make_signature(make_petition(), name="Ann Lee")
    for path in (keys.directory / "signature").iterdir():
        path.write_text('{"seed": "' + 64 * "0" + '"}')

    page = page_of(organizer, signature)

    assert page.status_code == 200
    assert "could not be opened with the keys that are here" in page.text


def test_a_signers_page_leads_to_those_whose_address_looks_alike(organizer):
    petition = make_petition()
    one = make_signature(petition, address="anna@mail.example")
    other = make_signature(petition, address="аnna@mail.example")
    stranger = make_signature(petition, address="bob@mail.example")
    look_for_suspicions(now=timezone.now())

    page = page_of(organizer, one)

    assert reverse("admin:petitions_signature_change", args=[other.pk]) in page.text
    assert str(stranger.pk) not in page.text
    assert ">look-alike<" in page.text
    assert ">look-alike<" not in page_of(organizer, stranger).text
    other.delete()
    look_for_suspicions(now=timezone.now())
    assert ">look-alike<" not in page_of(organizer, one).text


def test_where_the_index_was_dropped_nobody_looks_like_anybody(organizer):
    petition = make_petition()
    one, other = make_signature(petition), make_signature(petition)
    Signature.objects.update(index=None, look_alike=None)

    assert str(other.pk) not in page_of(organizer, one).text
