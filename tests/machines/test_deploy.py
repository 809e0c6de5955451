"""What `deploy/` starts: each role with its own keys and no others, and a worker for each queue."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from campaign.roles import Queue, Role
from local import deployment
from local.deployment import judge_deployment
from tests.processes import Processes, free_port, until

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
# Those of these are ours; the others are programs of other people.
OURS = {"web", "organizer", "returns", "mailer", "mailer-news", "deliverer", "deliverer-reports"}


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def deployments():
    found = [
        each
        for path in (DEPLOY / "kubernetes").glob("*.yaml")
        for each in yaml.safe_load_all(path.read_text())
        if each["kind"] in {"Deployment", "Job", "CronJob"}
    ]
    return {each["metadata"]["name"]: pod_of(each["spec"]) for each in found}


def pod_of(spec):
    """A CronJob has the job that it makes around it."""
    return spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]


def units():
    return {
        path.stem.removeprefix("five-asks-"): path.read_text()
        for path in (DEPLOY / "systemd").glob("*.service")
    }


def keys_of(role):
    return {"public", *Role(role).secrets}


def test_what_makes_backups_has_no_keys():
    (pod,) = deployments()["backup"]["containers"]
    volumes = [each["mountPath"] for each in pod["volumeMounts"]]
    assert volumes == ["/tmp", "/backups"]  # noqa: S108 - a mount in a container
    assert [each.split(":")[-1] for each in compose()["backup"]["volumes"]] == ["/backups"]
    unit = units()["backup"]
    assert "keys/" not in unit
    assert "SupplementaryGroups" not in unit


def queues_in(command):
    words = command if isinstance(command, list) else command.split()
    return [words[place + 1] for place, word in enumerate(words) if word == "-Q"]


def test_on_one_host_each_role_gets_its_keys_and_no_others():
    for name, service in compose().items():
        role = service.get("environment", {}).get("CAMPAIGN_ROLE")
        if name in {*OURS, "beat"}:
            keys = [each for each in service["volumes"] if ":/keys/" in each]
            folders = {volume.rsplit(":", 2)[1].removeprefix("/keys/") for volume in keys}
            assert folders == keys_of(role), name
            assert all(volume.endswith(":ro") for volume in keys)
            memory = {"ledger-memory:/memory"} if role == "deliverer" else set()
            assert set(service["volumes"]) - set(keys) == memory, name
    assert set(compose()) > OURS


def test_in_a_cluster_each_role_gets_its_keys_and_no_others():
    found = deployments()
    for name in [*OURS, "beat"]:
        (container,) = found[name]["containers"]
        role = next(each["value"] for each in container["env"] if each["name"] == "CAMPAIGN_ROLE")
        mounts = {
            each["mountPath"].removeprefix("/keys/")
            for each in container["volumeMounts"]
            if each["mountPath"].startswith("/keys")
        }
        assert mounts == keys_of(role), name
        secrets = {
            each["secretRef"]["name"] for each in container["envFrom"] if "secretRef" in each
        }
        assert secrets <= {"site", role}, name


def test_by_systemd_each_role_gets_its_keys_and_no_others():
    for name, unit in units().items():
        if name == "backup":
            continue
        role = re.search("CAMPAIGN_ROLE=([a-z]+)", unit)[1]
        folders = set(re.findall(r"BindReadOnlyPaths=\S+:/run/five-asks-keys/(\w+)", unit))
        groups = re.findall(
            r"five-asks-(\w+)", (re.search("SupplementaryGroups=.*", unit) or [""])[0]
        )
        assert folders == keys_of(role), name
        assert set(groups) == set(Role(role).secrets), name


def test_the_image_has_each_package_of_the_site():
    packages = {each.parent.name for each in ROOT.glob("*/__init__.py")}
    copied = re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)

    assert packages - {"bench", "fuzz", "local", "tests"} <= set(copied)


@pytest.mark.parametrize(
    "commands",
    [
        lambda: [each.get("command", "") for each in compose().values()],
        lambda: [
            each.get("command", "") for pod in deployments().values() for each in pod["containers"]
        ],
        lambda: [re.search("ExecStart=(.*)", unit)[1] for unit in units().values()],
    ],
    ids=["compose", "kubernetes", "systemd"],
)
def test_each_queue_has_a_worker_of_its_own(commands):
    queues = [queue for command in commands() for queue in queues_in(command)]

    assert sorted(queues) == sorted(Queue)


def test_no_container_may_do_more_than_it_needs():
    for name, service in compose().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name, pod in deployments().items():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name


def test_what_serves_the_public_reaches_neither_the_broker_nor_the_world():
    services = compose()

    assert set(services["web"]["networks"]) == {"front", "data"}
    networks = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["networks"]
    assert all(networks[name].get("internal") for name in ("front", "back", "data", "onion"))
    assert [name for name, each in services.items() if "ports" in each] == ["caddy"]


@pytest.mark.parametrize(
    ("file", "good", "bad", "words"),
    [
        ("compose.yaml", "pids_limit: 256", "pids_limits: 256", "pids_limits"),
        ("kubernetes/web.yaml", "startupProbe:", "startProbe:", "startProbe"),
        ("Containerfile", "WORKDIR /srv", "WORKDIR srv", "DL3000"),
    ],
)
def test_a_word_that_its_reader_would_not_know_is_found(
    tmp_path, monkeypatch, file, good, bad, words
):
    copy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, copy)
    path = copy / file
    assert good in path.read_text()
    path.write_text(path.read_text().replace(good, bad))
    monkeypatch.setattr(deployment, "DEPLOY", copy)

    problems, _missing = judge_deployment()

    assert any(words in each for each in problems)


def test_the_files_are_in_order():
    assert judge_deployment()[0] == []


def probe(asked, *, port=8000, **environment):
    program = (DEPLOY / "probe.py").read_text().replace("8000", str(port))
    return subprocess.run(
        [sys.executable, "-c", program, asked], env={**os.environ, **environment}, check=False
    ).returncode


def test_the_probe_sees_a_server_that_answers_and_one_that_does_not(
    transactional_db, keys, tmp_path
):
    site = Processes(tmp_path)
    try:
        port = site.web(CAMPAIGN_ROLE="all").base_url.port
        assert probe("/readyz", port=port) == 0
    finally:
        site.stop()
    assert probe("/readyz", port=free_port()) == 1
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert probe("/readyz", port=deaf.getsockname()[1]) == 1


def test_the_probe_sees_a_worker_that_has_been_silent_while_the_broker_was_there(tmp_path):
    alive = tmp_path / "alive"
    with socket.create_server(("127.0.0.1", 0)) as broker:
        url = f"redis://127.0.0.1:{broker.getsockname()[1]}/0"
        where = {"ALIVE_FILE": str(alive), "BROKER_URL": url}
        assert probe("worker", **where) == 1, "it never began"

        alive.touch()
        assert probe("worker", **where) == 0

        os.utime(alive, (0, time.time() - 700))
        assert probe("worker", **where) == 1
    assert probe("worker", **where) == 0, "it can't work, and to start it anew would not help"


def test_a_worker_and_beat_show_that_they_live(processes, tmp_path):
    files = {name: tmp_path / f"{name} lives" for name in ("worker", "beat")}
    processes.environment["ALIVE_FILE"] = str(files["worker"])
    processes.worker()
    processes.environment["ALIVE_FILE"] = str(files["beat"])
    processes.beat()
    for file in files.values():
        until(file.exists, seconds=30)
        os.utime(file, (0, 0))

    for file in files.values():
        until(lambda file=file: file.stat().st_mtime > 0, seconds=20)


def test_a_pod_that_runs_is_asked_only_whether_it_answers():
    for name in ("web", "organizer", "returns"):
        (container,) = deployments()[name]["containers"]
        asked = {
            kind: container[f"{kind}Probe"]["httpGet"]["path"]
            for kind in ("startup", "readiness", "liveness")
        }
        assert asked == {"startup": "/readyz", "readiness": "/healthz", "liveness": "/healthz"}
    for name in {*OURS, "beat"} - {"web", "organizer", "returns"}:
        (container,) = deployments()[name]["containers"]
        assert container["livenessProbe"]["exec"]["command"][-1] == "worker", name
