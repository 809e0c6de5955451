"""A petition opens and closes, by a button or at its planned time."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from petitions.lifecycle import CannotMove, keep_schedule, move
from petitions.models import AuditEntry, Petition, Signature, SignRequest
from petitions.signatures.confirm import confirm
from petitions.tasks import keep_petitions_schedule
from petitions.web.figures import forget_figures
from tests.makers import make_petition, make_signature, make_wish

State = Petition.State
NOW = timezone.now()
MINUTE = timedelta(minutes=1)


def planned(number=1, **times):
    petition = make_petition(number, state=State.DRAFT)
    Petition.objects.filter(pk=petition.pk).update(**times)
    return petition


def state_of(petition):
    return Petition.objects.get(pk=petition.pk).state


def test_a_draft_is_published_by_the_tick_at_its_time_and_not_before(client, db):
    petition = planned(opens_at=NOW + MINUTE)
    address = f"/en/petitions/{petition.slug}/"

    keep_schedule(now=NOW)
    assert (state_of(petition), client.get(address).status_code) == ("draft", 404)
    Petition.objects.update(opens_at=timezone.now() - MINUTE)
    keep_petitions_schedule()
    forget_figures()

    assert (state_of(petition), client.get(address).status_code) == ("open", 200)
    petition.refresh_from_db()
    assert petition.opens_at is None
    assert timezone.now() - petition.opened_at < MINUTE


def test_signing_ends_at_the_planned_time(db):
    petition = planned(state=State.OPEN, closes_at=NOW)

    assert keep_schedule(now=NOW - MINUTE) == 0
    assert keep_schedule(now=NOW) == 1

    petition.refresh_from_db()
    assert (petition.state, petition.closed_at, petition.closes_at) == ("closed", NOW, None)


def test_a_second_tick_changes_nothing_and_says_nothing(db):
    planned(opens_at=NOW)

    assert [keep_schedule(now=NOW) for _ in range(3)] == [1, 0, 0]

    entry = AuditEntry.objects.get()
    assert (entry.user, entry.action, entry.selection) == (None, "state", "1. ask-1: open")


def test_after_an_outage_that_took_both_times_it_is_closed(db):
    petition = planned(opens_at=NOW - 2 * MINUTE, closes_at=NOW - MINUTE)

    keep_schedule(now=NOW)

    assert state_of(petition) == "closed"
    assert AuditEntry.objects.count() == 2


def test_a_draft_that_lost_its_words_stays_a_draft(db):
    petition = planned(opens_at=NOW)
    petition.texts.all().delete()

    assert keep_schedule(now=NOW) == 0
    assert state_of(petition) == "draft"


def test_what_was_opened_again_by_hand_does_not_close_at_once(db):
    petition = planned(state=State.OPEN, closes_at=NOW)
    keep_schedule(now=NOW)
    petition.refresh_from_db()

    move(petition, State.OPEN, now=NOW + MINUTE)

    assert keep_schedule(now=NOW + 2 * MINUTE) == 0
    petition.refresh_from_db()
    assert (petition.state, petition.closed_at) == ("open", None)


def test_who_moves_it_second_finds_out(db):
    mine = make_petition()
    theirs = Petition.objects.get()

    assert move(theirs, State.WON, now=NOW)
    assert not move(mine, State.CLOSED, now=NOW)

    assert state_of(mine) == "won"


@pytest.mark.parametrize(("here", "to"), [("draft", "won"), ("won", "draft"), ("open", "open")])
def test_some_ways_are_not_there(db, here, to):
    with pytest.raises(CannotMove):
        move(make_petition(state=here), State(to), now=NOW)


def test_a_page_that_was_opened_by_mistake_becomes_a_draft_while_nobody_has_signed(keys, db):
    petition = make_petition()
    assert move(petition, State.DRAFT, now=NOW)
    assert move(petition, State.OPEN, now=NOW)
    make_signature(petition)

    with pytest.raises(CannotMove):
        move(petition, State.DRAFT, now=NOW)


def test_nothing_opens_without_words_in_the_first_language(db):
    petition = make_petition(state=State.DRAFT)
    petition.texts.update(language="uk")

    with pytest.raises(CannotMove, match="needs a text"):
        move(petition, State.OPEN, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_ticks_at_once_one_opens_it():
    planned(opens_at=NOW)
    opened = []

    def tick():
        opened.append(keep_schedule(now=NOW))
        connections.close_all()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(opened) == [0, 0, 0, 1]
    assert AuditEntry.objects.count() == 1
    assert connection.vendor == "postgresql"


# --- Links that wait when a petition ends


def test_who_signed_before_it_closed_still_confirms_by_the_mailed_link(client, ask, db):
    petition = make_petition()
    mailing = ask(make_wish(petition), now=NOW)
    move(petition, State.CLOSED, now=NOW)

    page = client.get(f"/en/confirm/{mailing.confirm_token}/")
    assert "We ask for thing 1." in page.text
    client.post(f"/en/confirm/{mailing.confirm_token}/", {"petitions": [petition.pk]})

    assert Signature.objects.get().petition == petition


def test_after_72_hours_nothing_of_a_closed_petition_is_confirmed(ask, db):
    petition = make_petition()
    move(petition, State.CLOSED, now=NOW - timedelta(hours=72))
    mailing = ask(make_wish(petition), now=NOW)

    assert confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW).petition_ids == []


def test_what_is_won_is_not_asked_for_any_more(client, ask, db):
    petition = make_petition()
    mailing = ask(make_wish(petition), now=NOW)
    move(petition, State.WON, now=NOW)

    page = client.get(f"/en/confirm/{mailing.confirm_token}/")
    client.post(f"/en/confirm/{mailing.confirm_token}/", {"petitions": [petition.pk]})

    assert "take no more signatures" in page.text
    assert (Signature.objects.count(), SignRequest.objects.count()) == (0, 1)


def test_a_closed_petition_takes_no_new_form(client, keys, db):
    make_petition(state=State.CLOSED)

    client.post("/en/petitions/ask-1/", {"name": "Bo", "email": "bo@mail.example"})

    assert SignRequest.objects.count() == 0
