"""docs/settings.md is what the code says, and deploy/ gives each role what it reads, no more."""

import re

import pytest
import yaml

from campaign.checks.secrets import is_invented
from campaign.environment import page as made
from campaign.environment.catalogue import EVERYBODY, SETTINGS
from campaign.roles import Role
from local import settings_page
from local.settings_page import judge_settings_page
from tests.machines.test_deploy import DEPLOY, ROOT, compose, deployments, units

EXAMPLE_FILES = sorted((DEPLOY / "env").glob("*.env.example"))
# Of other programs in our processes.
FOREIGN = re.compile("PYTHONDONTWRITEBYTECODE|MALLOC_ARENA_MAX|GRANIAN_.*").fullmatch
# It has every key and reads every setting.
TOOLS = {"keys"}
# They run as `organizer`, with a file of their own.
EXAMPLES = {"backup": Role.ORGANIZER}


def test_the_page_is_what_the_code_says():
    assert judge_settings_page() == []


def test_a_page_that_is_not_fails_the_check_with_what_to_do(tmp_path, monkeypatch):
    old = tmp_path / "settings.md"
    old.write_text(made.page().replace("| `300` |", "| `301` |"))
    monkeypatch.setattr(settings_page, "PAGE", old)
    monkeypatch.setattr(settings_page, "ROOT", tmp_path)

    assert judge_settings_page() == ["settings.md is not what the code says: type 'make settings'."]
    settings_page.write_settings_page()
    assert judge_settings_page() == []


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_each_setting_has_a_row_a_reason_and_a_good_default(setting):
    row = next(
        line for line in made.page().splitlines() if line.startswith(f"| `{setting.name}` |")
    )

    assert row.count(" | ") == 5
    assert setting.about.endswith(".")
    assert setting.needed_by <= setting.roles
    if setting.default:
        setting.kind.read(setting.default)


def example(name):
    """What the file gives, and what it names in comments for whoever needs it."""
    text = (DEPLOY / "env" / f"{name}.env.example").read_text()
    return {
        match["name"]: (match["text"], not match["off"])
        for match in re.finditer(
            r"^(?P<off># )?(?P<name>[A-Z_]+)=(?P<text>.*)$", text, re.MULTILINE
        )
    }


def roles_of_example(name):
    if name == "site":
        return set(EVERYBODY)
    return {EXAMPLES.get(name) or Role(name)}


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda path: path.name)
def test_an_example_names_what_all_its_readers_read(path):
    name = path.name.partition(".")[0]

    for each in example(name):
        assert roles_of_example(name) <= SETTINGS[each].roles, each


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_what_a_role_must_have_stands_in_its_examples(role):
    given = {name for name, (_, is_on) in (example("site") | example(role)).items() if is_on}
    must = {each.name for each in SETTINGS.values() if role in each.needed_by}

    assert must - given == {"CAMPAIGN_ROLE"}


def test_no_secret_of_an_example_would_be_taken():
    examples = [example(path.name.partition(".")[0]) for path in EXAMPLE_FILES]
    secrets = [
        (name, text)
        for each in examples
        for name, (text, is_on) in each.items()
        if is_on and SETTINGS[name].is_secret and text and not text.startswith("redis://")
    ]

    assert len(secrets) >= 4
    assert [name for name, text in secrets if not is_invented(text)] == []


def not_read(names, role):
    return {each for each in names if not FOREIGN(each) and role not in SETTINGS[each].roles}


def test_on_one_host_each_process_gets_what_its_role_reads():
    looked_at = 0
    for name, service in compose().items():
        given = service.get("environment", {})
        if "CAMPAIGN_ROLE" not in given or name in TOOLS:
            continue
        role = Role(given["CAMPAIGN_ROLE"])
        files = {file.partition("/")[2].partition(".")[0] for file in service["env_file"]}
        assert files <= {"site", role, "backup"}, name
        names = {*given, *(each for file in files for each in example(file))}
        assert not_read(names, role) == set(), name
        looked_at += 1
    assert looked_at > 8


def config_maps():
    found = yaml.safe_load_all((DEPLOY / "kubernetes" / "settings.yaml").read_text())
    return {each["metadata"]["name"]: each["data"] for each in found}


def test_in_a_cluster_each_process_gets_what_its_role_reads():
    # What the README says is in the secrets.
    secret = {"site": {"SECRET_KEY", "DATABASE_URL"}, "mailer": {"EMAIL_URL"}, "returns": set()}
    secret |= {"deliverer": {"EMAIL_URL", "RELAY_KEY", "REPLICA_URL"}, "organizer": {"REPLICA_URL"}}
    looked_at = 0
    for name, pod in deployments().items():
        (container,) = pod["containers"]
        given = {each["name"] for each in container.get("env", [])}
        if "CAMPAIGN_ROLE" not in given:
            continue
        role = Role(container["env"][0]["value"])
        for source in container["envFrom"]:
            if "configMapRef" in source:
                given |= set(config_maps()[source["configMapRef"]["name"]])
            else:
                given |= secret[source["secretRef"]["name"]]
        assert not_read(given, role) == set(), name
        must = {each.name for each in SETTINGS.values() if role in each.needed_by}
        assert must - given == set(), name
        looked_at += 1
    assert looked_at > 8


def test_by_systemd_each_process_gets_what_its_role_reads():
    for name, unit in units().items():
        lines = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
        given = dict(each.split("=") for line in lines for each in line.split())
        role = Role(given["CAMPAIGN_ROLE"])
        assert not_read(given, role) == set(), name
        files = set(
            re.findall(r"^EnvironmentFile=-?/etc/five-asks/(\w+)\.env$", unit, re.MULTILINE)
        )
        assert files == {"site", "backup" if name == "backup" else role}, name


def test_the_image_sets_what_is_known():
    words = (DEPLOY / "Containerfile").read_text()
    names = {each for each in re.findall(r"\b([A-Z][A-Z_]+)=", words) if not FOREIGN(each)}

    ours = {"CAMPAIGN_ROLE", "SECRET_KEY", "DATABASE_URL", "STATIC_ROOT", "VAULT_DIR", "ALIVE_FILE"}
    assert names & set(SETTINGS) == ours
    assert {each for each in names - ours if not each.startswith(("PIP_", "PYTHON"))} == {
        "BASE",
        "PATH",
    }


def test_each_refusal_and_each_warning_is_documented():
    code = "".join(path.read_text() for path in (ROOT / "campaign" / "checks").glob("*.py"))
    ids = set(re.findall(r"campaign\.[EW]\d{3}", code))

    assert len(ids) == 14
    rows = (ROOT / "docs" / "operations.md").read_text().split("### What is refused")[1]
    assert {each for each in ids if f"\n| `{each}` |" not in rows} == set()
