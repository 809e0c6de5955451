"""Workers are killed while they deliver to a mail server that loses connections."""

import asyncio
import random
import time
from collections import Counter

import pytest
from django.utils import timezone

from local.smtp import mail_server
from petitions.delivery.batches import close_batch
from petitions.models import Delivery
from tests.conftest import use_relay
from tests.delivery.faults import ShakyConnection, ShakyKeeper
from tests.mailbox import Mailbox
from tests.makers import make_office, make_petition, make_signature
from tests.processes import Processes

OFFICES = 60
PETITIONS = 5
KILLS = 12
SHARE = 0.1
SECONDS = 240


@pytest.fixture
def box(tmp_path, settings):
    settings.RELAY_TIMEOUT = 2
    keeper = SlowKeeper(tmp_path / "box", seed=1, share=SHARE)
    with mail_server(keeper, ShakyConnection) as port:
        use_relay(settings, port, tmp_path / "box")
        yield Mailbox(tmp_path / "box")


class SlowKeeper(ShakyKeeper):
    """Takes its time, so that a kill often falls into the middle of a letter."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        await asyncio.sleep(0.03)
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(0.03)
        return answer


@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_no_letter_and_send_none_twice(keys, box, tmp_path, show):
    owed = owe_letters()
    processes = Processes(tmp_path)
    try:
        kills = deliver_while_killing(processes)
    finally:
        processes.stop()

    taken = Counter(mail["Message-ID"] for mail in box.mails())
    lost = owed - set(taken)
    twice = {message_id for message_id, times in taken.items() if times > 1}
    show(
        f"{len(owed)} letters, {kills} workers killed, {SHARE:.0%} of connections dropped or"
        f" refused: {len(lost)} lost, {len(twice)} twice at the relay"
    )
    assert (lost, twice) == (set(), set())
    assert set(taken) == owed
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SENT}


def owe_letters() -> set[str]:
    """A batch of each petition to each office; the Message-IDs of all their letters."""
    petitions = [make_petition(number) for number in range(1, PETITIONS + 1)]
    for number in range(OFFICES):
        make_office(*petitions, name=f"Minister {number}", email=f"m{number}@office.example")
    for petition in petitions:
        make_signature(petition)
        close_batch(petition, now=timezone.now())
    owed = set(Delivery.objects.values_list("message_id", flat=True))
    assert len(owed) == 300
    return owed


def deliver_while_killing(processes: Processes) -> int:
    """Until all is sent; how many workers were killed on the way."""
    dice = random.Random(7)  # noqa: S311 - a test's dice
    processes.beat()
    workers = {name: start_worker(processes, name) for name in ("one", "two")}
    kills = 0
    ends_at = time.monotonic() + SECONDS
    while (not_sent := unsent()) and time.monotonic() < ends_at:
        time.sleep(dice.uniform(0.05, 0.5))
        come_due()
        # The last letters are left in peace, so that the end shows what the kills did.
        if kills < KILLS and not_sent > 20 and in_hand():
            name = dice.choice(list(workers))
            processes.kill(workers[name])
            workers[name] = start_worker(processes, name)
            kills += 1
    return kills


def start_worker(processes: Processes, name: str):
    return processes.worker(name, queues="letters")


def unsent() -> int:
    return Delivery.objects.exclude(state=Delivery.State.SENT).count()


def in_hand() -> bool:
    return Delivery.objects.filter(state=Delivery.State.COMMITTING).exists()


def come_due() -> None:
    """As if the pauses between tries were over."""
    now = timezone.now()
    Delivery.objects.filter(state=Delivery.State.READY, due_at__gt=now).update(due_at=now)
