"""When the mail that a form asks for goes out. Who asks too much waits, and sees the same page.

Nothing here refuses: docs/decisions/0012-limits-wait.md says why. No address is kept. What is
counted under is a keyed hash of the network, with a salt that lives for a day at most and only in
Valkey; the counters go an hour after their network's last form.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from petitions.models import TurnedAway
from petitions.models.clock import jitter
from petitions.signatures import counters, flood
from petitions.signatures.counters import Counters
from petitions.web import traps
from petitions.web.networks import Network, networks_of
from petitions.web.proof import LIFE_SECONDS, Proof, read_proof

PROOF = "proof"
SLOW_LANE = timedelta(minutes=5)
MINUTE = 60
# Of the 72 hours that a request lives some must remain to confirm in.
MINUTES_AHEAD = 48 * 60
SALT_SECONDS = 24 * 3600
COUNTERS_SECONDS = 3600
# So many forms from one network within an hour are a crowd; the next ones are marked as its own.
CROWD = 20
CROWD_WHERE_STRANGERS_SHARE = 100
CROWD_MARK_BYTES = 8

# Counts a form, uses up its proof, and gives its mail the first minute in which all of its networks
# have room: around that minute a network has fewer mails than its allowance in any six minutes, so
# also in any 300 seconds. The minutes from "full" to "free" are full and stay so: they are skipped.
# Where strangers share a network that has no room left, this is a flood: pages offer the proof, with
# which the next form of an honest one among them does not wait.
# KEYS: forms in this minute, flood, proof, the narrowest network's crowd, networks. ARGV: see _count.
SCRIPT = """
local now, slow, last = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

if redis.call('INCR', KEYS[1]) > tonumber(ARGV[5]) then
  redis.call('SET', KEYS[2], 1, 'EX', ARGV[6])
end
redis.call('EXPIRE', KEYS[1], 120)

local proven = ARGV[7] ~= '0' and redis.call('SET', KEYS[3], 1, 'NX', 'EX', ARGV[7])
local is_slow = not proven and (ARGV[4] == '1' or redis.call('EXISTS', KEYS[2]) == 1)

local function book(network, allowance, first)
  local mails = {}
  local function at(minute)
    mails[minute] = mails[minute] or tonumber(redis.call('HGET', network, minute) or 0)
    return mails[minute]
  end
  local full = tonumber(redis.call('HGET', network, 'full') or 0)
  local free = tonumber(redis.call('HGET', network, 'free') or 0)
  local minute, found = first, -1
  while minute <= last and found < 0 do
    if minute >= full and minute < free then
      minute = free
    else
      local near = 0
      for each = minute - 5, minute + 5 do near = near + at(each) end
      if near < allowance then found = minute else minute = minute + 1 end
    end
  end
  local began = (first >= full and first <= free) and full or first
  if minute - began > free - full then
    redis.call('HSET', network, 'full', began, 'free', minute)
  end
  if found >= 0 then redis.call('HINCRBY', network, found, 1) end
  redis.call('EXPIRE', network, ARGV[8])
  return found
end

local forms = 0
if #KEYS > 4 then
  forms = redis.call('INCR', KEYS[4])
  if forms == 1 then redis.call('EXPIRE', KEYS[4], ARGV[8]) end
end

local minute = is_slow and slow or now
for number = 5, #KEYS do
  local allowance, shared = ARGV[2 * number - 1], ARGV[2 * number]
  if minute >= 0 and not (proven and shared == '1') then
    minute = book(KEYS[number], tonumber(allowance), minute)
    if minute < 0 and shared == '1' then
      redis.call('SET', KEYS[2], 1, 'EX', ARGV[6])
    end
  end
end
return {minute, forms}
"""
NO_ROOM = -1


class NoMail(Exception):
    """None will go out, and nothing of the form is to be kept, but that there was one."""

    def __init__(self, why: TurnedAway.Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Turn:
    """When the mail may go out, and the mark of the crowd that its form came in, if any."""

    mail_at: datetime
    crowd: bytes | None = None


def turn_of(posted: Mapping[str, str], meta: Mapping[str, Any], *, now: datetime) -> Turn:
    """When the mail may go out.

    Raises:
        NoMail: a robot filled in what nobody sees, or the form's network has thousands of mails
            waiting already.
    """
    if traps.is_filled(posted):
        raise NoMail(TurnedAway.Why.TRAP)
    form = Form(
        networks=networks_of(meta),
        proof=read_proof(posted.get(PROOF, "")),
        is_a_robots=traps.came_like_a_robot(posted, now=now),
        minute=int(now.timestamp()) // MINUTE,
        slow_minute=int((now + SLOW_LANE * jitter()).timestamp()) // MINUTE + 1,
    )
    # Where the counters are away nobody waits but who came like a robot.
    minute, crowd = counters.ask(form.count) or (
        form.slow_minute if form.is_a_robots else form.minute,
        None,
    )
    if minute == NO_ROOM:
        raise NoMail(TurnedAway.Why.NETWORK)
    if minute <= form.minute:
        return Turn(now, crowd)
    return Turn(datetime.fromtimestamp(minute * MINUTE, tz=UTC), crowd)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What counts about a form; minutes are since 1970."""

    networks: Sequence[Network]
    proof: Proof | None
    is_a_robots: bool
    minute: int
    slow_minute: int

    def count(self, server: Counters) -> tuple[int, bytes | None]:
        """The minute of its mail, or NO_ROOM in two days; and the mark of its crowd."""
        salt = _salt_of_the_day(server) if self.networks else b""
        marks = [_mark(network, salt) for network in self.networks]
        narrowest = marks[0] if marks else b""
        keys = [f"forms:{self.minute}", flood.FLOOD, f"proof:{self.proof.id if self.proof else ''}"]
        keys += [f"crowd:{narrowest.hex()}", *(f"network:{mark.hex()}" for mark in marks)]
        arguments = [
            *(self.minute, self.slow_minute, self.minute + MINUTES_AHEAD, int(self.is_a_robots)),
            *(settings.FLOOD_REQUESTS_A_MINUTE, flood.LASTS_SECONDS),
            # A proof is remembered for longer than its challenge lives.
            2 * LIFE_SECONDS if self.proof else 0,
            COUNTERS_SECONDS,
        ]
        for network in self.networks:
            arguments += [network.allowance, int(network.is_shared)]
        minute, forms = server.run(SCRIPT, keys, arguments)
        return int(minute), narrowest[:CROWD_MARK_BYTES] if self._is_in_a_crowd(forms) else None

    def _is_in_a_crowd(self, forms: int) -> bool:
        if not self.networks:
            return False
        shared = self.networks[0].is_shared
        return forms > (CROWD_WHERE_STRANGERS_SHARE if shared else CROWD)


def _salt_of_the_day(server: Counters) -> bytes:
    """It is asked for once a minute, and kept in no file and no database but Valkey's memory."""
    return _salt(server, int(time.monotonic() // MINUTE))


def forget_salt() -> None:
    _salt.cache_clear()


@lru_cache(maxsize=1)
def _salt(server: Counters, _tick: int) -> bytes:
    pipe = server.pipeline(transaction=False)
    pipe.set("salt", secrets.token_bytes(32), ex=SALT_SECONDS, nx=True)
    pipe.get("salt")
    _, salt = pipe.execute()
    return bytes(salt)


def _mark(network: Network, salt: bytes) -> bytes:
    """Without this machine's secret and the day's salt nobody can tell the network from it."""
    return salted_hmac(salt, network.name, algorithm="sha256").digest()
