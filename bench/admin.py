"""Pages of the organizers' room with a million signatures, as a signed-in browser waits for them.

Their limit is a page of the same server with the same frame around an almost empty list.
"""

from __future__ import annotations

import logging
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import encrypt
from django.contrib.auth.models import User

from bench.million import make_million
from bench.pages import Figure
from bench.server import HOST, web_server
from bench.vaults import keys_of
from local.html_forms import read_page
from petitions.models import Batch, Hold, Petition, Signature, Tally
from petitions.models.signature import SignatureQuerySet
from petitions.signatures.holds import hold, release

logging.getLogger("httpx").setLevel(logging.WARNING)

ROUNDS = 5
GOAL_MS = 200
NAME, WORD = "olga", "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - opens nothing but a benchmark
SIGNATURES = "/admin/petitions/signature/"
LIMIT = "/admin/auth/group/"


def measure_admin() -> dict[str, Figure]:
    seconds = make_million(_organizer())
    print(f"\nA million signatures made in {seconds['made']:.0f} s.")
    print(
        f"Counted by day: all in {seconds['all_days']:.2f} s, two in {seconds['two_days']:.2f} s."
        f" Look-alikes marked among all in {seconds['look_alikes']:.2f} s."
    )
    with _organizers_server() as browser:
        paths = _paths() | _last_pages(browser)
        times = {name: [] for name in ["limit", *paths]}  # type: dict[str, list[float]]
        for _ in range(ROUNDS):
            for name, path in {"limit": LIMIT, **paths}.items():
                times[name].append(_milliseconds(browser, path))
    figures = _report(times)
    country, count = Tally.objects.by_country()[0]
    held, released = _seconds_of_hold(Signature.objects.filter(country=country))
    print(f"{count:,} signatures held in {held:.1f} s, and released in {released:.1f} s.")
    return figures | {
        "day_figures_all_seconds": {"value": round(seconds["all_days"], 2), "unit": "s"},
        "day_figures_two_days_seconds": {"value": round(seconds["two_days"], 2), "unit": "s"},
    }


def _report(times: dict[str, list[float]]) -> dict[str, Figure]:
    medians = {name: statistics.median(each) for name, each in times.items()}
    limit = medians.pop("limit")
    print(f"\n{'':34}{'ms':>8}{'worst':>8}{'of limit':>10}")
    for name, median in medians.items():
        print(f"{name:34}{median:8.0f}{max(times[name]):8.0f}{median / limit:10.1f}")
    print(f"{'limit: a list of five':34}{limit:8.0f}", flush=True)
    slowest = max(medians, key=lambda name: medians[name])
    return {
        "admin_dashboard_ms": {"value": round(medians["dashboard"], 1), "unit": "ms"},
        "admin_slowest_ms": {
            "value": round(medians[slowest], 1),
            "unit": f"ms ({slowest}), limit {GOAL_MS}",
        },
        "admin_limit_ms": {"value": round(limit, 1), "unit": "ms"},
    }


def _paths() -> dict[str, str]:
    """What an organizer looks at in a day, each filter by itself."""
    petitions = list(Petition.objects.order_by("number").values_list("pk", flat=True))
    countries = Tally.objects.by_country()
    oldest = Batch.objects.order_by("closed_at").values_list("pk", flat=True).first()
    someone = Signature.objects.values_list("pk", flat=True)[0]
    filters = {
        "largest petition": f"petition={petitions[0]}",
        "smallest petition": f"petition={petitions[-1]}",
        "largest country": f"country={countries[0][0]}",
        "smallest country": f"country={countries[-1][0]}",
        "public": "visibility=public",
        "withheld": "visibility=withheld",
        "names shown": "name=shown",
        "names waiting": "name=waiting",
        "in no batch": "batch=none",
        "in any batch": "batch=any",
        "oldest batch": f"batch={oldest}",
        "look-alikes": "flag=alike",
        "quarantined": "flag=quarantined",
        "throw-away": "flag=disposable",
        "small country, public": f"country={countries[-1][0]}&visibility=public",
        "a reference": f"q={str(someone)[:8]}",
    }
    return {
        "dashboard": "/admin/",
        "dashboard of a petition": f"/admin/?petition={petitions[0]}&chart=days",
        "signatures": SIGNATURES,
        **{f"signatures: {name}": f"{SIGNATURES}?{query}" for name, query in filters.items()},
        "petitions": "/admin/petitions/petition/",
        "batches": "/admin/petitions/batch/",
        "deliveries": "/admin/petitions/delivery/",
        "deliveries: sent": "/admin/petitions/delivery/?state__exact=sent",
        "audit trail": "/admin/petitions/auditentry/",
        "offices": "/admin/petitions/office/",
        "names to look at": f"{SIGNATURES}queue/",
        "suspicious": "/admin/petitions/suspicion/",
        "partners": "/admin/petitions/partner/",
        "what is erased when": "/admin/petitions/erasure/calendar/",
        "exports": "/admin/petitions/export/",
        "a new export": "/admin/petitions/export/add/",
    }


def _last_pages(browser: httpx.Client) -> dict[str, str]:
    """Where the list's own links lead at the farthest."""
    lists = {
        "signatures": SIGNATURES,
        "deliveries": "/admin/petitions/delivery/",
        "audit trail": "/admin/petitions/auditentry/",
    }
    last = {name: max(_page_numbers(browser.get(path).text)) for name, path in lists.items()}
    return {f"{name}: last page": f"{lists[name]}?p={last[name]}" for name in lists}


def _page_numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="\?[^"]*\bp=(\d+)', page)]


def _milliseconds(browser: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    browser.get(path).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def _seconds_of_hold(signatures: SignatureQuerySet) -> tuple[float, float]:
    began = time.perf_counter()
    hold(signatures, why=Hold.Why.OTHER, reason="To see how long it takes", by=None)
    held = time.perf_counter()
    release(signatures)
    return held - began, time.perf_counter() - held


# --- A browser that is signed in


@contextmanager
def _organizers_server() -> Iterator[httpx.Client]:
    keys = str(keys_of("signature", "pepper"))
    role = {"CAMPAIGN_ROLE": "organizer", "VAULT_DIR": keys, "MAILBOX_DIR": ""}
    with (
        web_server(**role) as port,
        httpx.Client(
            base_url=f"http://{HOST}:{port}", follow_redirects=True, timeout=60
        ) as browser,
    ):
        page = browser.get("/admin/")
        page = _fill_in(browser, page, "password", login=NAME, password=WORD)
        step = int(time.time()) // 30
        page = _fill_in(browser, page, "code", code=format_hotp_value(hotp_value(SECRET, step)))
        assert page.url.path == "/admin/", page.url  # noqa: S101 - else nothing is measured
        yield browser


def _fill_in(
    browser: httpx.Client, page: httpx.Response, field: str, **typed: str
) -> httpx.Response:
    form = read_page(page.text, address=str(page.url)).form_with(field)
    assert form is not None, page.url  # noqa: S101 - else nothing is measured
    hidden = {name: each.values[0] for name, each in form.fields.items() if each.values}
    headers = {"Referer": str(page.url)}
    return browser.post(str(page.url), data=hidden | typed, headers=headers)


def _organizer() -> User:
    user = User.objects.create_superuser(NAME, password=WORD)
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(SECRET)}
    )
    return user
