"""What comes back from a backup, what stays away, and what waits."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.queue import send_letters
from petitions.exports.columns import RULES
from petitions.exports.make import make_exports
from petitions.exports.orders import Order, order
from petitions.exports.selection import Selection
from petitions.models import (
    Delivery,
    Export,
    ExportChunk,
    NewsDelivery,
    NewsItem,
    NewsSubscriber,
    Pause,
    Petition,
    Signature,
    SignRequest,
    Tally,
    Visibility,
)
from petitions.models.clock import database_now
from petitions.models.export import Format, Use
from petitions.news.hold import resume
from petitions.news.send import send_news
from petitions.news.tell import tell_subscribers
from petitions.signatures.confirm import confirm
from petitions.signatures.journal import keep_journal
from petitions.signatures.persons import Subject, erase_person
from petitions.signatures.visibility import change_visibility
from petitions.signatures.withdraw import end_news, not_me, withdraw
from tests.backups.rows import everything
from tests.makers import make_answer, make_office, make_petition, make_signature, make_wish

NOW = timezone.now()


def test_all_that_was_there_is_there_again(sign, back_up, lost, restore, capsys):
    petition, other = make_petition(approved=False), make_petition(2, approved=False)
    make_office(petition)
    name = "Ann “\x01\\N\t” Łee"
    sign(petition, other, news=True, name=name)
    group = Group.objects.create(name="Editors\n\\.\n")
    group.permissions.add(*Permission.objects.all()[:3])
    User.objects.create_superuser("olga").groups.add(group)
    before = everything()
    backup = back_up()
    lost()
    assert everything() != before

    restore(backup)

    assert everything() == before
    assert {each.open_details().name for each in Signature.objects.all()} == {name}
    said = capsys.readouterr().out
    assert "all counts and checksums agree" in said
    assert "LOOK AT THIS" not in said


def test_who_was_erased_since_the_backup_stays_erased(sign, ask, back_up, lost, restore, settings):
    petition = make_petition()
    leaver = sign(petition, address="bob@mail.example", news=True)
    sign(petition, address="ann@mail.example")
    quiet = sign(petition, address="eve@mail.example")
    reader = sign(petition, address="joe@mail.example", news=True)
    stranger = ask(make_wish(petition, address="kim@mail.example"), now=NOW)
    late = ask(make_wish(petition, address="lea@mail.example"), now=NOW)
    waiting = ask(make_wish(petition, address="max@mail.example"), now=NOW)
    backup = back_up()
    withdraw(leaver, now=NOW)
    erase_person(Subject(address="ann@mail.example"), now=NOW)
    change_visibility(quiet, petition_id=petition.pk, visibility=Visibility.WITHHELD, now=NOW)
    end_news(reader)
    not_me(stranger.withdraw_token)
    confirm(late.confirm_token, petition_ids=[petition.pk], now=NOW)
    withdraw(late.withdraw_token, now=NOW)
    keep_journal(now=database_now())
    lost()

    restore(backup, "--erased", f"{settings.LEDGER_MEMORY_DIR}/erased")

    assert Signature.objects.count() == 2
    assert Signature.objects.get(sig_box=None).visibility == Visibility.WITHHELD
    assert not NewsSubscriber.objects.exists()
    assert Tally.objects.by_petition() == {petition.pk: 2}
    assert SignRequest.objects.count() == 1
    confirm(waiting.confirm_token, petition_ids=[petition.pk], now=NOW)
    assert Tally.objects.by_petition() == {petition.pk: 3}


def test_without_the_journal_they_would_have_come_back(sign, back_up, lost, restore):
    token = sign(make_petition(), news=True)
    backup = back_up()
    withdraw(token, now=NOW)
    lost()

    restore(backup, "--journal-is-lost")

    assert Signature.objects.count() == 1
    assert NewsSubscriber.objects.count() == 1


def test_nobody_forgets_the_journal(sign, back_up, lost, restore, key, tmp_path):
    sign(make_petition())
    backup = back_up()
    lost()
    (tmp_path / "no-journal").write_text("signed by Ann\n")

    with pytest.raises(CommandError, match="one of the arguments --erased"):
        call_command("restore", str(backup), "--key", str(key))
    with pytest.raises(CommandError, match="no line of the journal: signed by Ann"):
        restore(backup, "--erased", str(tmp_path / "no-journal"))

    assert not Signature.objects.exists()


def test_no_letter_goes_out_twice_nor_unseen(back_up, keys, mailbox, lost, restore, capsys):
    petition = make_petition()
    for name in ("went-out", "did-not"):
        make_office(petition, name=name, email=f"{name}@office.example")
    make_signature(petition)
    close_batch(petition, now=NOW)
    backup = back_up()
    olga = User.objects.create_user("olga")
    Pause.objects.create(office=petition.offices.get(name="did-not"), by=olga)
    assert send_letters(at_any_hour=True) == 1
    lost()

    restore(backup)
    assert "letters of 1 petitions wait" in capsys.readouterr().out
    assert send_letters(at_any_hour=True) == 0

    settled = Delivery.objects.values_list("office__name", "state")
    assert dict(settled) == {"went-out": "sent", "did-not": "ready"}
    Delivery.objects.update(due_at=NOW)
    assert send_letters(at_any_hour=True) == 0, "nobody has approved it anew"
    Petition.objects.get().approve_letters(by=None, now=NOW)
    assert send_letters(at_any_hour=True) == 1
    addressed = sorted(each["To"] for each in mailbox.mails())
    assert addressed == ["did-not@office.example", "went-out@office.example"]


def test_news_that_went_out_meanwhile_is_not_sent_again(
    sign, sent, back_up, mailbox, lost, restore
):
    sign(Petition.objects.get(), news=True)
    tell_subscribers(make_answer(sent), by=User.objects.create_user("olga"), now=NOW)
    backup = back_up()
    assert send_news() == 1
    lost()

    restore(backup)

    item = NewsItem.objects.get()
    assert item.state == NewsItem.State.PAUSED
    assert NewsDelivery.objects.count() == 1
    resume(item, now=NOW)
    assert send_news() == 0
    assert not NewsDelivery.objects.exists()
    assert len(mailbox) == 1


def test_sessions_and_made_exports_are_in_no_backup(sign, back_up, lost, restore):
    sign(make_petition(), name="Ann Canary")
    columns = tuple(RULES[Use.DELIVER].columns)
    olga = User.objects.create_superuser("olga")
    order(Order(Use.DELIVER, Format.CSV, columns, Selection(), "For Geneva"), by=olga)
    assert make_exports() == 1
    assert ExportChunk.objects.exists()
    Session.objects.create(session_key="x", session_data="y", expire_date=NOW)
    backup = back_up()
    lost()

    restore(backup)

    assert not Session.objects.exists()
    assert not ExportChunk.objects.exists()
    assert Export.objects.get().state == Export.State.GONE


def test_no_number_that_was_given_since_is_given_again(back_up, lost, restore):
    last = make_petition().pk
    backup = back_up()
    given_since = make_petition(2).pk
    lost()

    restore(backup)

    assert make_petition(3).pk > given_since > last


def test_a_wrong_count_in_the_backup_is_told(sign, back_up, lost, restore, capsys):
    sign(make_petition())
    Tally.objects.update(count=2)
    backup = back_up()
    lost()

    restore(backup)

    assert "LOOK AT THIS: the count of ask-1 is not" in capsys.readouterr().out
