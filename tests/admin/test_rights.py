"""Each job and each door of the organizers' room: who may go through, and who may not."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.exports.orders import Order, order
from petitions.exports.selection import Selection
from petitions.models import (
    Answer,
    AuditEntry,
    BlockedWord,
    Delivery,
    Erasure,
    Export,
    Hold,
    Import,
    NewsDelivery,
    NewsItem,
    NewsLetter,
    NewsTrial,
    OfficeAction,
    Page,
    Partner,
    Pause,
    PersonRequest,
    Petition,
    PetitionUpdate,
    Signature,
    Suspicion,
    Visibility,
)
from petitions.models.export import Format, Use
from petitions.rights import RIGHTS, apply_rights
from tests.admin.conftest import browser_of
from tests.conftest import all_keys
from tests.database import kept_for_a_module
from tests.makers import (
    make_news,
    make_office,
    make_petition,
    make_returned,
    make_signature,
    make_subscriber,
)

JOBS = {
    "V": "Viewer",
    "E": "Editor",
    "D": "Deliverer",
    "O": "Data officer",
    "A": "Administrator",
}
EVERYBODY = "VEDOA"

# The screens, and who may look at them, add, change and delete.
SCREENS = {
    "petition": (EVERYBODY, "E", "E", "E"),
    "petitionupdate": (EVERYBODY, "E", "E", "E"),
    "page": (EVERYBODY, "E", "E", "E"),
    "partner": (EVERYBODY, "E", "E", "E"),
    "office": (EVERYBODY, "D", "D", "D"),
    "answer": (EVERYBODY, "D", "D", "D"),
    "pause": (EVERYBODY, "D", "", "D"),
    "signature": (EVERYBODY, "", "", ""),
    "hold": (EVERYBODY, "", "", ""),
    "suspicion": (EVERYBODY, "", "", ""),
    "blockedword": ("EO", "EO", "EO", "EO"),
    "export": ("O", "O", "", ""),
    "batch": (EVERYBODY, "", "", ""),
    "delivery": (EVERYBODY, "", "", ""),
    "newsitem": (EVERYBODY, "", "", ""),
    "newsletter": (EVERYBODY, "ED", "ED", "ED"),
    "returned": ("D", "", "", ""),
    "officeaction": ("D", "", "", ""),
    "auditentry": ("OA", "", "", ""),
    "personrequest": ("O", "O", "O", ""),
    "erasure": ("O", "", "", ""),
    "user": ("A", "A", "A", "A"),
    "group": ("A", "", "", ""),
}
PAGES = {
    "admin:index": EVERYBODY,
    "admin:petitions_delivery_today": EVERYBODY,
    "admin:petitions_signature_find": "O",
    "admin:petitions_signature_hold": "O",
    "admin:petitions_signature_release": "O",
    "admin:petitions_signature_compare": "O",
    "admin:petitions_signature_queue": "EO",
    "admin:petitions_erasure_calendar": "O",
    "admin:petitions_import_changelist": "DO",
    "admin:petitions_import_paper": "O",
    "admin:petitions_import_offices": "D",
    "admin:petitions_office_export": EVERYBODY,
}

# Which kind of sheet a job imports.
MAKES = {"D": {Import.Kind.OFFICES}, "O": {Import.Kind.PAPER}}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    with all_keys(tmp_path_factory.mktemp("keys")) as found:
        yield found


@pytest.fixture(scope="module")
def all_things(keys, django_db_setup, django_db_blocker):
    """One of each kind, and the groups."""
    with kept_for_a_module(django_db_blocker):
        yield furnish()


@pytest.fixture
def room(all_things, db):
    return all_things


def furnish():
    apply_rights()
    draft = make_petition(2, state=Petition.State.DRAFT)
    petition = make_petition(1)
    make_office(petition)
    make_signature(petition, visibility=Visibility.PUBLIC, name="Ann Canary")
    delivery = close_batch(petition, now=timezone.now()).deliveries.get()
    make_returned(delivery)
    OfficeAction.objects.create(
        delivery=delivery,
        kind=OfficeAction.Kind.STOP,
        at=timezone.now(),
        outcome=OfficeAction.Outcome.WAITS,
    )
    answer = Answer.objects.create(
        delivery=delivery, answered_on=timezone.localdate(), body="We act.", public=True
    )
    olga = User.objects.create_superuser("olga")
    NewsItem.objects.create(answer=answer, told_at=timezone.now(), told_by=olga, recipients=0)
    make_news({"en": ("What is new", "Much.")})
    make_subscriber()
    PetitionUpdate.objects.create(
        petition=petition, language="en", happened_on="2026-11-01", title="News", body="Text."
    )
    Page.objects.create(slug="about", language="en", title="About", body="Text.")
    Partner.objects.create(code="friends", name="Friends")
    BlockedWord.objects.create(language="en", word="rude*")
    Hold.objects.create(why=Hold.Why.OTHER, reason="A script.", by=olga)
    Suspicion.objects.create(kind="burst", petition=petition, hour=timezone.now(), count=60)
    AuditEntry.objects.record(user=olga, action=AuditEntry.Action.READ, count=1)
    order(Order(Use.FIGURES, Format.CSV, ("country",), Selection(), "For a table"), by=olga)
    Pause.objects.create(office=make_office(name="Other", email="o@o.example"), reason="x", by=olga)
    Erasure.objects.note({Erasure.Rule.OFFERS: 1}, now=timezone.now())
    PersonRequest.objects.create(kind=PersonRequest.Kind.ACCESS, received_on=timezone.localdate())
    User.objects.create_user("somebody", password=None)
    return {"petition": draft, "user": User.objects.get(username="somebody")}


@pytest.fixture
def enter(room):
    def browser(job):
        user = User.objects.create_user("helga", is_staff=True)
        user.groups.set([Group.objects.get(name=JOBS[job])] if job else [])
        return browser_of(user)

    return browser


def url_of(kind, verb, room):
    app = "auth" if kind in {"user", "group"} else "petitions"
    if verb in {"changelist", "add"}:
        return reverse(f"admin:{app}_{kind}_{verb}")
    thing = room.get(kind) or apps.get_model(app, kind).objects.first()
    return reverse(f"admin:{app}_{kind}_{verb}", args=[thing.pk])


def test_each_job_is_a_row_of_the_table():
    assert set(JOBS.values()) == set(RIGHTS)


@pytest.mark.parametrize("job", EVERYBODY)
@pytest.mark.parametrize(
    ("column", "ask"),
    [
        (0, ("changelist", "get")),
        (0, ("change", "get")),
        (1, ("add", "get")),
        (2, ("change", "post")),
        (3, ("delete", "get")),
    ],
)
def test_who_may_go_through_which_door(enter, room, job, column, ask):
    verb, method = ask
    go = getattr(enter(job), method)

    found = {kind: go(url_of(kind, verb, room)).status_code for kind in SCREENS}

    assert found == {kind: 200 if job in row[column] else 403 for kind, row in SCREENS.items()}


@pytest.mark.parametrize("job", EVERYBODY)
def test_who_may_open_the_pages_of_their_own(enter, job):
    browser = enter(job)

    found = {page: browser.get(reverse(page)).status_code for page in PAGES}

    assert found == {page: 200 if job in who else 403 for page, who in PAGES.items()}


@pytest.mark.parametrize(("job", "may"), [(job, job == "D") for job in EVERYBODY])
def test_who_may_approve_letters(enter, job, may):
    Petition.objects.update(letters_approved_at=None)
    ticked = {"action": "approve_letters", "_selected_action": [Petition.objects.get(number=1).pk]}

    enter(job).post(reverse("admin:petitions_petition_changelist"), ticked)

    assert Petition.objects.exclude(letters_approved_at=None).exists() == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "E") for job in EVERYBODY])
def test_who_may_open_and_end_a_petition_show_a_preview_and_write_side_by_side(enter, job, may):
    petition = Petition.objects.get(number=1)
    state = reverse("admin:petitions_petition_publication", args=[petition.pk])
    texts = reverse("admin:petitions_petition_texts", args=[petition.pk])
    browser = enter(job)

    answers = [
        browser.get(state),
        browser.get(texts),
        browser.post(state, {"do": "make-preview"}, follow=True),
        browser.post(state, {"seen": "open", "to": "closed"}, follow=True),
        browser.post(texts, {"checked": "uk"}, follow=True),
    ]

    assert {each.status_code for each in answers} == {200 if may else 403}
    petition.refresh_from_db()
    assert (petition.state == Petition.State.CLOSED) == may
    assert (petition.preview_token is not None) == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "D") for job in EVERYBODY])
def test_who_may_try_a_letter_again(enter, job, may):
    Delivery.objects.update(state=Delivery.State.FAILED)
    ticked = {"action": "try_again", "_selected_action": [Delivery.objects.get().pk]}

    enter(job).post(reverse("admin:petitions_delivery_changelist"), ticked)

    assert Delivery.objects.filter(state=Delivery.State.READY).exists() == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "D") for job in EVERYBODY])
def test_who_may_decide_what_an_office_asked_for(enter, job, may):
    action = OfficeAction.objects.get()
    page = reverse("admin:petitions_officeaction_decide", args=[action.pk])

    answer = enter(job).post(page, {"outcome": OfficeAction.Outcome.USED})

    assert answer.status_code == (302 if may else 403)
    action.refresh_from_db()
    assert (action.outcome == OfficeAction.Outcome.USED) == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "D") for job in EVERYBODY])
def test_who_may_tell_subscribers(enter, job, may):
    NewsItem.objects.all().delete()
    page = reverse("admin:petitions_answer_tell", args=[Answer.objects.get().pk])

    assert enter(job).get(page).status_code == (200 if may else 403)


@pytest.mark.parametrize("job", EVERYBODY)
def test_who_may_test_news_send_it_and_hold_it(enter, job):
    letter = NewsLetter.objects.get()
    page = reverse("admin:petitions_newsletter_send", args=[letter.pk])
    browser = enter(job)
    may_try, may_send = job in "ED", job == "D"

    assert browser.get(page).status_code == 200
    trial = browser.post(page, {"do": "try", "address": "olga@mail.example"})
    sent = browser.post(
        page, {"do": "send", "number": "1", "typed": "1", "seen": letter.fingerprint()}
    )
    samples = browser.post(reverse("admin:petitions_newsletter_samples"), {"part": "1"})
    item = NewsItem.objects.exclude(answer=None).get()
    held = browser.post(reverse("admin:petitions_newsitem_hold", args=[item.pk]), {"do": "pause"})

    assert trial.status_code == (302 if may_try else 403)
    assert NewsTrial.objects.exists() == may_try
    assert samples.status_code == (200 if may_try else 403)
    assert sent.status_code == (302 if may_send else 403)
    assert NewsDelivery.objects.exists() == may_send
    assert held.status_code == (302 if may_send else 403)
    item.refresh_from_db()
    assert (item.state == NewsItem.State.PAUSED) == may_send


@pytest.mark.parametrize(("job", "may"), [(job, job in "EO") for job in EVERYBODY])
def test_who_may_look_at_public_names_and_show_them(enter, job, may):
    signature = Signature.objects.get()
    ticked = {"action": "show_names", "_selected_action": [signature.pk]}
    browser = enter(job)

    page = browser.post(reverse("admin:petitions_signature_changelist"), ticked, follow=True)
    answer = browser.post(
        reverse("admin:petitions_signature_names"), {"_selected_action": [signature.pk]}
    )

    assert ("Ann Canary" in page.text) == may
    assert answer.status_code == (302 if may else 403)
    assert Signature.objects.filter(public_name="Ann Canary").exists() == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "O") for job in EVERYBODY])
def test_who_may_read_a_signers_details(enter, job, may):
    page = reverse("admin:petitions_signature_change", args=[Signature.objects.get().pk])

    assert ("Ann Canary" in enter(job).get(page).text) == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "O") for job in EVERYBODY])
def test_who_may_take_signatures_out_of_the_count(enter, job, may):
    why = {"why": "burst", "reason": "A script from one house."}

    answer = enter(job).post(reverse("admin:petitions_signature_hold"), why)

    assert answer.status_code == (302 if may else 403)
    assert Signature.objects.counted().exists() != may


@pytest.mark.parametrize(("job", "may"), [(job, job in "EO") for job in EVERYBODY])
def test_who_may_decide_on_a_name_in_the_queue(enter, job, may):
    decision = {"reference": Signature.objects.get().pk, "do": "show"}

    answer = enter(job).post(reverse("admin:petitions_signature_queue"), decision)

    assert answer.status_code == (302 if may else 403)
    assert Signature.objects.filter(public_name="Ann Canary").exists() == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "O") for job in EVERYBODY])
def test_who_may_settle_what_looks_suspicious(enter, job, may):
    ticked = {"action": "nothing_is_wrong", "_selected_action": [Suspicion.objects.get().pk]}

    enter(job).post(reverse("admin:petitions_suspicion_changelist"), ticked)

    assert Suspicion.objects.open().exists() != may


@pytest.mark.parametrize(("job", "may"), [(job, job == "O") for job in EVERYBODY])
def test_who_may_order_an_export(enter, job, may):
    form = {
        "use": "figures",
        "format": "csv",
        "columns_figures": ["country"],
        "reason": "For the meeting in Geneva",
    }

    answer = enter(job).post(reverse("admin:petitions_export_add"), form)

    assert answer.status_code == (302 if may else 403)
    assert Export.objects.filter(reason=form["reason"]).exists() == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "O") for job in EVERYBODY])
def test_who_may_approve_an_export(enter, job, may):
    Export.objects.update(state=Export.State.WAITING)
    page = reverse("admin:petitions_export_do", args=[Export.objects.get().pk])

    answer = enter(job).post(page, {"do": "approve"})

    assert answer.status_code == (302 if may else 403)
    assert Export.objects.filter(state=Export.State.QUEUED).exists() == may


@pytest.mark.parametrize(("job", "may"), [(job, job == "O") for job in EVERYBODY])
def test_who_is_asked_to_sign_in_again_for_a_key_for_exports(enter, job, may):
    answer = enter(job).get(reverse("admin:petitions_export_key"))

    assert answer.status_code == (302 if may else 403)


@pytest.mark.parametrize("job", EVERYBODY)
def test_nobody_downloads_another_ones_export(enter, job):
    page = reverse("admin:petitions_export_file", args=[Export.objects.get().pk])

    assert enter(job).get(page).status_code == 403


@pytest.mark.parametrize("step", ["handover", "correct", "restrict", "unrestrict", "erase"])
@pytest.mark.parametrize(("job", "may"), [(job, job == "O") for job in EVERYBODY])
def test_who_may_act_for_a_person(enter, step, job, may):
    signature = Signature.objects.get()
    typed = {"reference": signature.pk, "step": step, "of": signature.pk}

    answer = enter(job).post(reverse("admin:petitions_signature_find"), typed)

    assert answer.status_code == (200 if may else 403)
    assert ("Ann Canary" in answer.text) == (may and step == "correct")


@pytest.mark.parametrize("job", EVERYBODY)
def test_who_may_look_at_an_import_and_make_it(enter, job):
    olga, petition = User.objects.get(username="olga"), Petition.objects.get(number=1)
    doors = {}
    for kind, about in ((Import.Kind.PAPER, petition), (Import.Kind.OFFICES, None)):
        sheet = Import(kind=kind, petition=about, by=olga, at=timezone.now())
        sheet.seal({"lines": []})
        sheet.save()
        doors[kind] = f"/admin/petitions/import/{sheet.pk}/"
    browser = enter(job)

    shown = {kind: browser.get(f"{url}change/").status_code for kind, url in doors.items()}
    made = {kind: browser.post(f"{url}do/").status_code for kind, url in doors.items()}

    assert {kind for kind in shown if shown[kind] == 200} == MAKES.get(job, set())
    assert {kind for kind in made if made[kind] == 302} == MAKES.get(job, set())
    assert set(Import.objects.exclude(done_at=None).values_list("kind", flat=True)) == MAKES.get(
        job, set()
    )


@pytest.mark.parametrize("job", ["", *EVERYBODY])
def test_whose_right_to_sign_in_was_taken_sees_the_door_only(enter, job):
    browser = enter(job)
    User.objects.filter(username="helga").update(is_staff=False)

    for page in PAGES:
        answer = browser.get(reverse(page))
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")


def test_who_has_no_job_sees_an_empty_overview(enter):
    browser = enter("")

    assert browser.get(reverse("admin:index")).status_code == 200
    for page in list(PAGES)[1:]:
        assert browser.get(reverse(page)).status_code == 403


# --- An administrator lets people in, and makes nobody mightier than that


def form_of(user, **changes):
    joined = user.date_joined
    return {
        "username": user.username,
        "date_joined_0": joined.date(),
        "date_joined_1": joined.time(),
        "is_active": "on",
        "is_staff": "on",
    } | changes


def test_an_administrator_gives_a_job_and_that_stands_in_the_trail(enter, room):
    user = room["user"]
    editor = Group.objects.get(name="Editor")

    enter("A").post(url_of("user", "change", room), form_of(user, groups=[editor.pk]))

    assert list(user.groups.all()) == [editor]
    entry = AuditEntry.objects.get(action=AuditEntry.Action.RIGHTS)
    assert (entry.who, entry.selection) == ("helga", "somebody: Editor")


def test_an_administrator_makes_no_superuser_and_gives_no_single_right(enter, room):
    user = room["user"]
    browser = enter("A")
    everything = {"is_superuser": "on", "user_permissions": [1, 2, 3]}

    for each in (user, User.objects.get(username="helga")):
        url = reverse("admin:auth_user_change", args=[each.pk])
        assert browser.post(url, form_of(each, **everything)).status_code == 302
        each.refresh_from_db()
        assert (each.is_superuser, each.user_permissions.count()) == (False, 0)


@pytest.mark.parametrize("page", ["auth_user_change", "auth_user_password_change"])
def test_an_administrator_does_not_touch_a_superuser(enter, page):
    olga = User.objects.get(username="olga")
    before = User.objects.filter(pk=olga.pk).values().get()
    word = "a word that is long enough 1"
    typed = form_of(olga, username="mine", password1=word, password2=word)

    answer = enter("A").post(reverse(f"admin:{page}", args=[olga.pk]), typed)

    assert answer.status_code == 403
    assert User.objects.filter(pk=olga.pk).values().get() == before


def test_a_right_that_was_added_by_hand_goes_and_a_group_of_ones_own_stays(room):
    viewer = Group.objects.get(name="Viewer")
    viewer.permissions.add(*Group.objects.get(name="Administrator").permissions.all())
    Group.objects.create(name="Translators")

    apply_rights()

    assert {each.codename for each in viewer.permissions.all()} == RIGHTS["Viewer"]
    assert Group.objects.filter(name="Translators").exists()
