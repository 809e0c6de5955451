"""Organizers take what is suspicious out of the count, in bulk, and count it again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.admin import holds
from petitions.models import AuditEntry, Hold, Partner, Signature, Suspicion, Tally
from petitions.models.clock import this_hour
from petitions.web.figures import forget_figures
from tests.makers import make_petition, make_signature

LIST = "/admin/petitions/signature/"
HOLD = f"{LIST}hold/"
RELEASE = f"{LIST}release/"
COMPARE = f"{LIST}compare/"
WHY = {"why": "burst", "reason": "A script from one house."}


def counted():
    return sum(Tally.objects.by_petition().values())


@pytest.fixture
def petition(organizer):
    return make_petition()


def test_all_that_the_list_shows_is_held_once_a_reason_is_given(organizer, petition):
    for country in ("LT", "DE", "DE"):
        make_signature(petition, country=country)

    page = organizer.get(f"{HOLD}?country=DE")
    short = organizer.post(f"{HOLD}?country=DE", WHY | {"reason": "no"})

    assert "2 signatures" in page.text
    assert "country: Germany" in page.text
    assert (short.status_code, counted()) == (200, 3)

    done = organizer.post(f"{HOLD}?country=DE", WHY, follow=True)

    assert "2 signatures were taken out of the count." in done.text
    assert Tally.objects.by_country() == [("LT", 1)]
    entry = AuditEntry.objects.get(action=AuditEntry.Action.HOLD)
    assert (entry.count, entry.selection) == (2, "country: Germany")
    assert entry.reason == "too many in an hour: A script from one house."
    assert Hold.objects.get().by.username == "olga"


def test_whoever_takes_very_many_out_is_told_that_it_lasts(organizer, petition, monkeypatch):
    words = "Leave this page open"
    make_signature(petition)
    assert words not in organizer.get(HOLD).text

    monkeypatch.setattr(holds, "LONG", 1)

    assert words in organizer.get(HOLD).text


def test_those_that_were_ticked_are_held_and_no_others(organizer, petition):
    ann, bob = make_signature(petition), make_signature(petition)

    ask = organizer.post(LIST, {"action": "hold_chosen", "_selected_action": [ann.pk]})
    organizer.post(HOLD, WHY | {"_selected_action": ask.context["ticked"]})

    assert list(Signature.objects.counted()) == [bob]


def test_a_country_that_is_wholly_out_of_the_count_can_still_be_chosen(organizer, petition):
    make_signature(petition, country="LT")
    make_signature(petition, country="DE")
    organizer.post(f"{HOLD}?country=DE", WHY)

    assert organizer.get(f"{LIST}?country=DE").context["cl"].result_count == 1
    organizer.post(f"{RELEASE}?country=DE", {"reason": "It was a school."})

    assert Tally.objects.by_country() == [("DE", 1), ("LT", 1)]


def test_a_list_is_counted_again(organizer, petition):
    make_signature(petition)
    make_signature(petition)
    organizer.post(HOLD, WHY)
    hold = Hold.objects.get()

    assert f"?hold={hold.pk}" in organizer.get("/admin/petitions/hold/").text
    assert "Count all these again" in organizer.get(f"{LIST}?hold={hold.pk}").text
    page = organizer.post(f"{RELEASE}?hold={hold.pk}", {"reason": "It was a school."}, follow=True)

    assert "2 signatures are counted again." in page.text
    assert counted() == 2
    assert AuditEntry.objects.get(action=AuditEntry.Action.RELEASE).count == 2


@pytest.mark.parametrize(
    "query",
    [
        "hold=99",
        "suspicion=99",
        "country=XX",
        "petition=99",
        "visibility=x",
        "confirmed_hour_from=x",
        "confirmed_hour_to=2026-13-45",
    ],
)
def test_a_link_that_leads_to_nothing_holds_nobody(organizer, petition, query):
    make_signature(petition)

    organizer.post(f"{HOLD}?{query}", WHY)
    assert counted() == 1
    organizer.post(HOLD, WHY)
    organizer.post(f"{RELEASE}?{query}", {"reason": "It was a school."})
    assert counted() == 0


def test_the_public_page_says_how_many_were_taken_out(organizer, petition, client):
    make_signature(petition)
    make_signature(petition)

    def page():
        forget_figures()
        return " ".join(client.get("/en/petitions/ask-1/").text.split())

    assert "taken out" not in page()

    organizer.post(HOLD, WHY)

    assert "2 signatures were taken out of the count as suspicious." in page()


def test_a_partner_is_told_of_no_signature_that_is_out_of_the_count(organizer, petition):
    partner = Partner.objects.create(code="friends", name="Friends")
    for country in ("LT", "DE", "DE"):
        make_signature(petition, country=country)
    Signature.objects.update(partner=partner)

    organizer.post(f"{HOLD}?country=DE", WHY)

    (row,) = organizer.get("/admin/petitions/partner/").context["cl"].result_list
    assert row.signed == 1
    assert partner.signed_by_petition() == [(petition.slug, 1)]


def test_a_suspicion_leads_to_its_signatures_and_holding_them_settles_it(organizer, petition):
    make_signature(petition)
    old = make_signature(petition)
    Signature.objects.filter(pk=old.pk).update(confirmed_hour=this_hour() - timedelta(hours=3))
    suspicion = Suspicion.objects.create(
        kind="burst", petition=petition, hour=this_hour(), count=1, usual=0
    )

    assert f"?suspicion={suspicion.pk}" in organizer.get("/admin/petitions/suspicion/").text
    organizer.post(f"{HOLD}?suspicion={suspicion.pk}", WHY)

    assert list(Signature.objects.counted()) == [old]
    assert not Suspicion.objects.open().exists()
    assert "?suspicion=" not in organizer.get("/admin/petitions/suspicion/").text
    assert "?suspicion=" in organizer.get("/admin/petitions/suspicion/?state=all").text


def test_a_suspicion_stays_while_a_part_of_it_is_counted(organizer, petition):
    ann, _bob = make_signature(petition), make_signature(petition)
    suspicion = Suspicion.objects.create(
        kind="burst", petition=petition, hour=this_hour(), count=2, usual=0
    )

    organizer.post(f"{HOLD}?suspicion={suspicion.pk}", WHY | {"_selected_action": str(ann.pk)})

    assert Signature.objects.counted().count() == 1
    assert Suspicion.objects.open().exists()


def test_a_suspicion_is_settled_by_a_look(organizer, petition):
    suspicion = Suspicion.objects.create(
        kind="burst", petition=petition, hour=this_hour(), count=60, usual=0
    )

    organizer.post(
        "/admin/petitions/suspicion/",
        {"action": "nothing_is_wrong", "_selected_action": [suspicion.pk]},
    )

    suspicion.refresh_from_db()
    assert (suspicion.settled_by.username, suspicion.settled_count) == ("olga", 60)


def test_the_list_is_narrowed_by_days_both_included(organizer, petition):
    today = timezone.localdate()
    for days in (0, 1, 2):
        signature = make_signature(petition)
        hour = this_hour() - timedelta(days=days)
        Signature.objects.filter(pk=signature.pk).update(confirmed_hour=hour)
    yesterday = today - timedelta(days=1)

    def shown(query):
        return organizer.get(f"{LIST}?{query}").context["cl"].result_count

    assert shown(f"confirmed_hour_from={yesterday}") == 2
    assert shown(f"confirmed_hour_to={yesterday}") == 2
    both = f"confirmed_hour_from={yesterday}&confirmed_hour_to={yesterday}"
    assert shown(both) == 1
    assert f"confirmed from {yesterday} to {yesterday}" in organizer.get(f"{HOLD}?{both}").text


def test_names_are_compared_on_demand_and_the_group_is_held(organizer, petition):
    for name in ("Jonathan Smith", "jonathan smith", "Jonatan Smith", "Eva Braun"):
        make_signature(petition, name=name)

    before = organizer.get(COMPARE)
    assert ("4" in before.text, "Smith" in before.text) == (True, False)
    page = organizer.post(COMPARE)
    (group,) = page.context["groups"]

    assert group.count == 3
    assert "Eva" not in page.text
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.count) == ("read", 4)
    assert entry.selection == "names compared: all signatures"

    ask = organizer.post(HOLD, {"_selected_action": group.posted, "why": "names"})
    assert '<option value="names" selected>' in ask.text
    organizer.post(HOLD, WHY | {"_selected_action": ask.context["ticked"]})
    assert counted() == 1


def test_more_names_than_a_look_takes_are_not_opened(organizer, petition, monkeypatch):
    monkeypatch.setattr("petitions.admin.alike.MOST_COMPARED", 2)
    for _ in range(3):
        make_signature(petition, name="Ann Lee")

    page = organizer.post(COMPARE)

    assert "At most 2 names are compared at once." in page.text
    assert "Ann" not in page.text
    assert not AuditEntry.objects.exists()


def test_who_may_not_hold_does_not(helper):
    make_signature(make_petition())
    browser = helper("read_details", "publish_name", "export_signature")

    assert browser.post(HOLD, WHY).status_code == 403
    assert browser.post(RELEASE, {"reason": "It was a school."}).status_code == 403
    assert "Take all these" not in browser.get(f"{LIST}?country=LT").text
    assert counted() == 1


def test_who_may_not_read_details_compares_no_names(helper):
    make_signature(make_petition())

    assert helper("hold_signature", "publish_name").post(COMPARE).status_code == 403
