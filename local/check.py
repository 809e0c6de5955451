"""`make check`: one line a step, and of a step that failed, what it said."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from campaign.environment.catalogue import SETTINGS
from campaign.roles import Role
from local.content import missing_content
from local.deployment import judge_deployment
from local.node_tools import NoNodeTools, node_modules
from local.places import ROOT
from local.servers import KEEP_COMPILED, throw_away_servers
from local.settings_page import judge_settings_page
from local.static_files import static_files
from local.stopping import pause
from local.translations import judge_catalogues

BIN = Path(sys.prefix) / "bin"
TEMPLATES = ["templates", "local/templates"]
LOCKS = ["requirements.lock", "requirements-dev.lock"]
ROLES = ["web", "organizer", "returns", "mailer", "deliverer"]
# A lock that names an address would send everybody's pip there.
ADDRESS = re.compile(r"://| @ |^\s*(-i|-f|--index|--extra-index|--find-links|--trusted-host)\b")


@dataclass(frozen=True)
class Outcome:
    passed: bool
    output: str = ""
    # Shown even when it passed.
    notice: str = ""


@dataclass(frozen=True)
class Step:
    name: str
    do: Callable[[], Outcome]


def check() -> int:
    with throw_away_servers("check", durable=False) as (home, environment):
        with static_files(home, environment):
            pass
        failed = [step for step in steps(environment) if not passes(step)]
    if failed:
        print(f"\n{len(failed)} failed: {', '.join(step.name for step in failed)}.")
        return 1
    print("\nAll checks passed.")
    return 0


def steps(environment: Mapping[str, str]) -> list[Step]:
    def step(name: str, *words: str | Path, where: Mapping[str, str] = environment) -> Step:
        return Step(name, lambda: run(words, where))

    def manage(name: str, *words: str, where: Mapping[str, str] = environment) -> Step:
        return step(name, sys.executable, ROOT / "manage.py", *words, where=where)

    def deployment(role: str) -> Step:
        words = ("check", "--deploy", "--fail-level", "WARNING")
        return manage(f"deployment, {role}", *words, where=like_production(environment, role))

    return [
        step("format", BIN / "ruff", "format", "--check", "."),
        step("lint", BIN / "ruff", "check", "."),
        step("types", BIN / "mypy"),
        step("imports", BIN / "lint-imports"),
        manage("migrations", "makemigrations", "--check", "--dry-run"),
        manage("locks by migrations", "lint_migrations"),
        manage("settings", "check"),
        *(deployment(role) for role in ROLES),
        step("template format", BIN / "djlint", "--check", *TEMPLATES),
        step("template lint", BIN / "djlint", "--lint", *TEMPLATES),
        Step("translations", check_translations),
        Step("deployment files", check_deployment),
        Step("settings page", check_settings_page),
        Step("content", lambda: check_content(environment)),
        Step("pages", lambda: look_at_pages(environment)),
        step("licences", BIN / "reuse", "lint", "--lines"),
        Step("secrets", check_secrets),
        Step("addresses in locks", lambda: find_addresses(LOCKS)),
        Step("known vulnerabilities", lambda: audit(environment)),
    ]


def like_production(environment: Mapping[str, str], role: str) -> dict[str, str]:
    """What this role reads, as one of several machines has it; no command asks any of these."""
    settings = {
        "CAMPAIGN_ROLE": role,
        "SECRET_KEY": environment["SECRET_KEY"],
        "SITE_URL": "https://asks.example",
        "DATABASE_URL": "postgres://fiveasks@database.example/fiveasks",
        "BROKER_URL": "redis://broker.example:6379/0",
        "EMAIL_URL": "smtp+tls://relay.example:587",
        "MAIL_FROM": "Five Asks <hello@asks.example>",
        "LETTER_FROM": "Five Asks <letters@asks.example>",
    }
    read = {name: text for name, text in settings.items() if SETTINGS[name].is_read_by(Role(role))}
    # Named, though empty: else Django would take it from `run`'s file.
    return {**environment, **dict.fromkeys(SETTINGS, ""), **read}


def passes(step: Step) -> bool:
    print(f"{step.name:<24}", end="", flush=True)
    began = time.monotonic()
    outcome = step.do()
    verdict = "ok" if outcome.passed else "FAILED"
    print(f"{verdict:<8}{time.monotonic() - began:6.1f} s")
    for text in (outcome.notice, "" if outcome.passed else outcome.output):
        if text:
            print("\n".join(f"    {line}" for line in text.strip().splitlines()))
    return outcome.passed


def run(words: Sequence[str | Path], environment: Mapping[str, str]) -> Outcome:
    done = call(words, environment, errors=subprocess.STDOUT)
    return Outcome(done.returncode == 0, done.stdout)


def call(
    words: Sequence[str | Path], environment: Mapping[str, str], *, errors: int
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        words,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        check=False,
    )
    # Ctrl-C reached the tool, which ended; here it ends the rest.
    pause(0)
    return done


def look_at_pages(environment: Mapping[str, str]) -> Outcome:
    """All pages in all languages: valid HTML, accessible, light."""
    try:
        modules, missing = str(node_modules()), ""
    except NoNodeTools as reason:
        modules, missing = "", f"THE HTML CHECKER COULD NOT RUN: {reason}"
    where = {**environment, **KEEP_COMPILED, "NODE_MODULES": modules}
    done = run((sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/pages"), where)
    figures = done.output.partition(" figures ")[2].splitlines()[1:]
    skipped = [line for line in done.output.splitlines() if line.startswith("SKIPPED")]
    return Outcome(done.passed, done.output, "\n".join(filter(None, [missing, *skipped, *figures])))


def check_translations() -> Outcome:
    problems, notice = judge_catalogues()
    return Outcome(not problems, "\n".join(problems), notice)


def check_deployment() -> Outcome:
    problems, notice = judge_deployment()
    return Outcome(not problems, "\n".join(problems), notice)


def check_settings_page() -> Outcome:
    problems = judge_settings_page()
    return Outcome(not problems, "\n".join(problems))


def check_secrets() -> Outcome:
    # It needs a developer's tool, and `make run` loads this module without any.
    from local.planted_secrets import planted_secrets  # noqa: PLC0415 - see above

    problems = planted_secrets()
    return Outcome(not problems, "\n".join(problems))


def check_content(environment: Mapping[str, str]) -> Outcome:
    """All files are there in each language, and the models take what stands in them."""
    campaigns = [ROOT / "content", *sorted((ROOT / "examples").glob("*/"))]
    missing = [f"{each.name}: {line}" for each in campaigns for line in missing_content(each)]
    for words in (("migrate", "-v", "0"), ("load_campaign",)):
        outcome = run([sys.executable, ROOT / "manage.py", *words], environment)
        if not outcome.passed:
            return outcome
    return Outcome(not missing, "\n".join(missing))


def find_addresses(names: Sequence[str]) -> Outcome:
    found = [
        f"{name}:{number}: {line}"
        for name in names
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1)
        if ADDRESS.search(line)
    ]
    return Outcome(not found, "\n".join(found))


def audit(environment: Mapping[str, str]) -> Outcome:
    """Asks for known vulnerabilities of what is locked.

    pip-audit calls a package that it could not look up "skipped", and ends well even if it could
    look up none of them: so what it really looked up is counted here.
    """
    options = "-r requirements.lock --require-hashes --disable-pip --progress-spinner off"
    command: list[str | Path] = [BIN / "pip-audit", *options.split(), "--format", "json"]
    done = call(command, environment, errors=subprocess.PIPE)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return could_not_look((done.stderr.strip().splitlines() or ["no answer"])[-1])
    return judge(packages)


def judge(packages: Sequence[Mapping[str, object]]) -> Outcome:
    skipped = [package for package in packages if "skip_reason" in package]
    if len(skipped) == len(packages):
        return could_not_look("its source knows none of the packages")
    vulnerable = [package for package in packages if package.get("vulns")]
    notice = (
        f"{len(skipped)} of {len(packages)} packages could not be looked up." if skipped else ""
    )
    return Outcome(not vulnerable, json.dumps(vulnerable, indent=1), notice)


def could_not_look(reason: str) -> Outcome:
    return Outcome(
        passed=True,
        notice=f"THE AUDIT COULD NOT RUN: {reason}\nRun it where its source can be reached.",
    )
