"""The two steps of `make check` that are our own."""

from local import check
from local.check import find_addresses, judge


def test_an_audit_that_saw_nothing_passes_loudly():
    outcome = judge([{"name": "django", "skip_reason": "not found"}])
    assert outcome.passed
    assert outcome.notice.startswith("THE AUDIT COULD NOT RUN")


def test_an_audit_that_found_something_fails_and_names_it():
    outcome = judge([{"name": "django", "vulns": [{"id": "CVE-1"}]}, {"name": "h11", "vulns": []}])
    assert not outcome.passed
    assert "CVE-1" in outcome.output
    assert "h11" not in outcome.output


def test_an_audit_says_what_it_could_not_see():
    outcome = judge([{"name": "django", "vulns": []}, {"name": "h11", "skip_reason": "unknown"}])
    assert outcome.passed
    assert outcome.notice == "1 of 2 packages could not be looked up."


def test_a_lock_names_no_address(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "ROOT", tmp_path)
    good = "# made by: make lock\ndjango==5.2.19 ; python_version < '4' \\\n    --hash=sha256:00\n"
    (tmp_path / "good.lock").write_text(good)
    for line in ("--index-url mirror", "-i mirror", "h11 @ file:///tmp/x", "https://x.example/y"):
        (tmp_path / "bad.lock").write_text(good + line + "\n")
        outcome = find_addresses(["good.lock", "bad.lock"])
        assert outcome.output == f"bad.lock:4: {line}"
        assert not outcome.passed
    assert find_addresses(["good.lock"]).passed
