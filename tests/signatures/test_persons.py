"""A person asks: what is stored is found, handed over, corrected, restricted and erased."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.content import open_batch
from petitions.exports.person_file import person_file
from petitions.exports.selection import Selection
from petitions.models import (
    NewsDelivery,
    NewsItem,
    NewsSubscriber,
    Signature,
    SignRequest,
    Tally,
    Visibility,
    Withdrawal,
    WithdrawalLink,
)
from petitions.models.export import Use
from petitions.models.sealed import Details
from petitions.signatures.confirm import confirm
from petitions.signatures.correct import Correction, correct, end_restriction, restrict
from petitions.signatures.persons import Subject, erase_person, find
from petitions.signatures.receipt import receipt
from petitions.signatures.withdraw import withdraw
from tests.at_once import at_once
from tests.makers import make_answer, make_office, make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ANN = Subject(address="Ann+x@mail.example")


def tally_of_rows():
    counts = {}
    for petition, country in Signature.objects.order_by().values_list("petition_id", "country"):
        counts[petition, country] = counts.get((petition, country), 0) + 1
    return counts


def tally():
    counts = {}
    for petition, country, count in Tally.objects.values_list("petition_id", "country", "count"):
        counts[petition, country] = counts.get((petition, country), 0) + count
    return {key: count for key, count in counts.items() if count}


def file_of(subject):
    person = find(subject)
    return json.loads(
        person_file(
            signatures=person.signatures,
            requests=person.requests,
            subscriber=person.subscriber,
            mails=person.mails,
            now=NOW,
        )
    )


# --- Found and handed over


def test_everything_of_a_person_is_found_and_nothing_of_another(ask, sign):
    one, two, three = make_petition(1), make_petition(2), make_petition(3)
    sign(one, two, news=True)
    ask(make_wish(three), now=NOW)
    sign(one, address="bob@mail.example", news=True)
    ask(make_wish(two, address="bob@mail.example"), now=NOW)

    person = find(ANN)

    assert [each.petition for each in person.signatures] == [one, two]
    assert [each.petition_ids for each in person.requests] == [[three.pk]]
    assert person.subscriber is not None
    assert Signature.objects.count() == 3
    assert not find(Subject(address="eve@mail.example"))


def test_the_file_holds_all_of_a_person_and_nobody_else(ask, sign):
    petition, other = make_petition(1), make_petition(2)
    make_office(petition)
    sign(petition, name="Ann Canary", postcode="LT-01", comment="Please", news=True)
    sign(petition, name="Bob Other", address="bob@mail.example", comment="Not hers")
    close_batch(petition, now=NOW)
    ask(make_wish(other, name="Ann Waiting"), now=NOW)

    content = file_of(ANN)

    (signature,), (request,) = content["signatures"], content["sign_requests"]
    assert (signature["name"], signature["postcode"], signature["comment"]) == (
        "Ann Canary",
        "LT-01",
        "Please",
    )
    assert signature["offices"][0]["office"] == "Minister, Ministry"
    assert (request["name"], request["petitions"]) == ("Ann Waiting", ["ask-2"])
    assert content["news"]["language"] == "en"
    assert content["about"]["controller"]["email"] == "privacy@fiveasks.example"
    text = json.dumps(content)
    assert "Bob" not in text
    assert "Not hers" not in text
    assert "ann@mail" not in text.lower()


def test_a_damaged_box_says_so_and_hides_nothing_else(keys):
    signature = make_signature(make_petition(), address="ann@mail.example")
    Signature.objects.update(sig_box=b"no box")

    (content,) = file_of(ANN)["signatures"]

    assert content["reference"] == str(signature.pk)
    assert content["note"] == "What you typed is damaged and can’t be opened."


# --- Erased


def test_erasing_a_person_erases_all_of_theirs_and_nothing_else(ask, sign):
    one, two = make_petition(1), make_petition(2)
    office = make_office(one)
    sign(one, name="Ann Canary", news=True)
    token, _offers = sign(two, name="Ann Canary", country="UA")
    ask(make_wish(two, name="Ann Canary"), now=NOW)
    sign(one, address="bob@mail.example", news=True)
    reference = find(ANN).signatures[0].pk
    batch = close_batch(one, now=NOW)
    item_for(batch.deliveries.get(office=office))

    gone = erase_person(ANN, now=NOW)

    assert (gone.signatures, gone.delivered, gone.requests, gone.news) == (2, 1, 1, True)
    assert not find(ANN).signatures
    assert not receipt(token, now=NOW)
    assert not SignRequest.objects.exists()
    assert Signature.objects.count() == NewsSubscriber.objects.count() == 1
    assert NewsDelivery.objects.count() == 1
    assert WithdrawalLink.objects.count() == 2
    assert Withdrawal.objects.get().signature_id == reference
    assert tally() == tally_of_rows() == {(one.pk, "LT"): 1}


def item_for(delivery):
    item = NewsItem.objects.create(
        answer=make_answer(delivery),
        told_at=NOW,
        told_by=User.objects.create_superuser("olga"),
        recipients=2,
    )
    for subscriber in NewsSubscriber.objects.all():
        NewsDelivery.objects.create(item=item, subscriber=subscriber, due_at=NOW)


def test_after_the_marks_are_gone_a_reference_finds_one_signature(keys):
    one, two = make_petition(1), make_petition(2)
    signature = make_signature(one, address="ann@mail.example")
    make_signature(two, address="ann@mail.example")
    Signature.objects.update(index=None, look_alike=None)

    assert not find(ANN).signatures
    by_reference = Subject(reference=signature.pk)
    assert find(by_reference).signatures == [signature]
    assert erase_person(by_reference, now=NOW).signatures == 1
    assert Signature.objects.get().petition == two
    assert tally() == tally_of_rows()


# --- Corrected


def test_a_correction_seals_anew_and_moves_the_count(keys):
    one, two = make_petition(1), make_petition(2)
    first = make_signature(
        one, address="ann@mail.example", name="Anne", visibility=Visibility.PUBLIC
    )
    second = make_signature(two, address="ann@mail.example", name="Anne")
    Signature.objects.filter(pk=first.pk).update(public_name="Anne")
    make_signature(one, name="Bob")
    right = Correction("UA", Details(name="Ann Lee", postcode="1", comment="Yes"))

    assert len(correct(ANN, [first.pk, second.pk], right)) == 2

    first.refresh_from_db()
    assert first.open_details() == right.details
    assert first.public_name == ""
    assert tally() == tally_of_rows() == {(one.pk, "UA"): 1, (two.pk, "UA"): 1, (one.pk, "LT"): 1}


def test_nobody_else_is_corrected_whatever_references_are_sent(keys):
    bob = make_signature(make_petition(), name="Bob", address="bob@mail.example")

    assert correct(ANN, [bob.pk], Correction("UA", Details(name="Ann"))) == []

    bob.refresh_from_db()
    assert bob.open_details().name == "Bob"
    assert bob.country.code == "LT"


def test_who_is_counted_only_gets_no_name_by_a_correction(keys):
    signature = make_signature(
        make_petition(), address="ann@mail.example", visibility=Visibility.WITHHELD
    )

    correct(ANN, [signature.pk], Correction("UA", Details(name="Ann")))

    signature.refresh_from_db()
    assert (signature.sig_box, signature.country.code) == (None, "UA")


# --- Restricted


def test_who_is_restricted_is_counted_and_used_for_nothing(keys):
    petition = make_petition()
    make_office(petition)
    ann = make_signature(
        petition, address="ann@mail.example", name="Ann Canary", visibility=Visibility.PUBLIC
    )
    Signature.objects.update(public_name="Ann Canary")
    make_signature(petition, name="Bob")

    assert restrict(ANN) == 1
    assert restrict(ANN) == 0

    batch = close_batch(petition, now=NOW)
    ann.refresh_from_db()
    assert (batch.size, ann.batch, ann.public_name) == (1, None, "")
    assert Signature.objects.newest_names(5) == []
    assert ann not in Selection().signatures(Use.DELIVER)
    assert sum(tally().values()) == 2
    assert end_restriction(ANN) == 1
    assert close_batch(petition, now=NOW).size == 1
    assert ann in Selection().signatures(Use.DELIVER)


def test_a_letter_that_waits_does_not_name_who_was_restricted_since(keys):
    petition = make_petition()
    make_office(petition)
    make_signature(petition, address="ann@mail.example", name="Ann")
    make_signature(petition, name="Bob")
    batch = close_batch(petition, now=NOW)

    restrict(ANN)

    content = open_batch(batch)
    assert [each.details.name for each in content.signers] == ["Bob"]
    assert content.size == 2


def test_who_is_restricted_can_still_leave_by_their_link(sign):
    token, _offers = sign(make_petition())
    restrict(ANN)

    assert withdraw(token, now=NOW).petitions
    assert tally() == {}


# --- At once


@pytest.mark.django_db(transaction=True)
def test_erasing_withdrawing_and_confirming_at_once_is_counted_once(ask, sign, show):
    petitions = [make_petition(number) for number in (1, 2, 3)]
    token, _offers = sign(*petitions, news=True)
    mailing = ask(make_wish(*petitions[:2], news=True), now=NOW)
    ids = [each.pk for each in petitions[:2]]
    jobs = [lambda: erase_person(ANN, now=NOW), lambda: withdraw(token, now=NOW)] * 10
    jobs.append(lambda: confirm(mailing.confirm_token, petition_ids=ids, now=NOW))

    raised = at_once(*jobs)

    show(f"Erasing, leaving and confirming at once: {raised}, tally {tally()}")
    assert {type(each).__name__ for each in raised} <= {"LinkNotValid"}
    assert tally() == tally_of_rows()
    erase_person(ANN, now=NOW)
    assert tally() == {}
    assert not NewsSubscriber.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_correcting_to_and_fro_while_they_leave_keeps_the_tally_right(sign):
    petitions = [make_petition(number) for number in (1, 2, 3)]
    token, _offers = sign(*petitions)
    ids = [each.pk for each in find(ANN).signatures]

    def to(country):
        return lambda: correct(ANN, ids, Correction(country, Details(name="Ann")))

    raised = at_once(*[to("UA"), to("DE"), to("LT")] * 6, lambda: withdraw(token, now=NOW))

    assert raised == []
    assert tally() == tally_of_rows() == {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM petitions_signature")
        assert cursor.fetchone() == (0,)
