"""What Prometheus and Grafana are told to ask for is what the site says, and each alert leads on."""

import json
import re
from itertools import chain
from pathlib import Path

import httpx
import promql_parser
import pytest
import yaml
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from petitions.admin import health
from petitions.admin.checks import checks_of
from petitions.admin.metrics import metrics_text
from tests.makers import make_petition
from tests.processes import free_port, until

ROOT = Path(__file__).resolve().parents[2]
# Prometheus makes this one itself.
PROMETHEUS = {"up"}
# Of node_exporter, which is no part of the site: docs of its collectors filesystem, meminfo, timex.
NODE = {
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "node_timex_offset_seconds",
}


def rules():
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels():
    return json.loads((ROOT / "deploy/grafana/five-asks.json").read_text())["panels"]


def expressions():
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    return asked + [rule["expr"] for rule in rules()]


def metrics_in(expression):
    """Names of metrics, wherever they stand in the expression."""
    parsed = promql_parser.parse(expression)
    return set(_names(parsed))


def _names(node):
    name = getattr(node, "name", None)
    if isinstance(node, promql_parser.VectorSelector):
        yield name
    for part in ("expr", "lhs", "rhs", "vector_selector"):
        inner = getattr(node, part, None)
        if inner is not None and not isinstance(inner, str):
            yield from _names(inner)
    for argument in getattr(node, "args", None) or []:
        yield from _names(argument)


def names_in(text):
    return {
        sample.name for family in text_string_to_metric_families(text) for sample in family.samples
    }


QUEUE = "granian_blocking_queue"


@pytest.fixture
def exporter(processes):
    """What a web server's own exporter says after it has answered somebody."""
    make_petition()
    port = free_port()
    browser = processes.web(
        GRANIAN_METRICS_ENABLED="true",
        GRANIAN_METRICS_PORT=str(port),
        GRANIAN_METRICS_SCRAPE_INTERVAL="1",
    )
    browser.get("/en/")
    url = f"http://127.0.0.1:{port}/metrics"

    def said():
        # Each process tells its figures once a second; until then there are their names alone.
        text = httpx.get(url).text
        is_told = all(f"\n{name}{{" in text for name in ("granian_requests_handled", QUEUE))
        return text if is_told else ""

    return until(said, seconds=20)


def test_each_metric_that_is_asked_for_is_one_that_is_exported(exporter):
    ours = names_in(metrics_text().decode()) | {"fiveasks_replica_behind_seconds"}
    granian = {re.match(r"\w+", line)[0] for line in exporter.splitlines() if line[0] != "#"}
    assert "granian_requests_handled" in granian

    asked = set(chain.from_iterable(map(metrics_in, expressions())))

    assert asked - ours - granian - NODE == PROMETHEUS
    assert ours <= asked, "a figure that nobody looks at"


def test_the_parser_finds_names_wherever_they_stand():
    expression = (
        'sum by (a) (rate(one{b="c"}[5m])) / (time() - abs(two)) > absent(three) or up == 0'
    )

    assert metrics_in(expression) == {"one", "two", "three", "up"}


def test_each_check_has_an_alert_and_each_alert_of_a_check_has_a_check(db, keys, monkeypatch):
    monkeypatch.setattr("petitions.admin.checks.has_replica", lambda: True)
    now = timezone.now()
    names = {each.name for each in checks_of(health.look(now=now), now=now)}

    alarmed = re.findall(r'check="(\w+)"', " ".join(rule["expr"] for rule in rules()))

    assert sorted(alarmed) == sorted(names)


def headings():
    text = (ROOT / "docs/operations.md").read_text()
    words = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in words}


def test_each_alert_says_in_words_what_is_wrong_and_where_it_says_more():
    known = headings()
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        words = rule["annotations"]
        page, _, heading = words["runbook"].partition("#")
        assert (page, heading in known) == ("docs/operations.md", True), rule["alert"]
        assert re.fullmatch(r"[A-Z].{20,}[.:] .{20,}\.", words["summary"]), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_each_paragraph_for_the_bad_hour_is_led_to():
    text = (ROOT / "docs/operations.md").read_text()
    chapter = text[text.index("## When something is wrong") :]
    written = {
        re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-")
        for each in re.findall(r"^### (.+)$", chapter, re.MULTILINE)
    }

    assert written == {rule["annotations"]["runbook"].partition("#")[2] for rule in rules()}


def test_prometheus_asks_where_the_servers_answer():
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]

    assert targets["five-asks"] == ["organizer:8000"]
    assert targets["five-asks-web"] == [
        f"web:{services['web']['environment']['GRANIAN_METRICS_PORT']}"
    ]
    assert set(re.findall(r'job="([\w-]+)"', " ".join(expressions()))) <= set(targets)


def test_the_panels_lie_beside_each_other():
    cells = [
        (x, y)
        for panel in panels()
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(set(cells)) == len(cells)
    assert max(x for x, _y in cells) == 23
    assert len({panel["id"] for panel in panels()}) == len(panels())
