"""Whether the files of `deploy/` say what their readers understand: by schemas, linters, and Caddy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.places import ROOT

BIN = Path(sys.prefix) / "bin"
DEPLOY = ROOT / "deploy"
# The oldest that its makers still mend, and the newest that is known here.
KUBERNETES = ["1.34", "1.37"]


def judge_deployment() -> tuple[list[str], str]:
    """What is wrong, and which of the tools that a machine may lack was not there."""
    problems = [*_compose(), *_container_files(), *_kubernetes()]
    missing = []
    for tool, look in {"caddy": _caddyfile, "systemd-analyze": _units}.items():
        if shutil.which(tool):
            problems += look()
        else:
            missing.append(f"NOT LOOKED AT: no {tool} here.")
    return problems, "\n".join(missing)


def _compose() -> Iterator[str]:
    yield from _said_by(
        BIN / "check-jsonschema",
        *("--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"),
    )


def _container_files() -> Iterator[str]:
    yield from _said_by(BIN / "hadolint", *sorted(DEPLOY.glob("*Containerfile")))


def _kubernetes() -> Iterator[str]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    manifests = [path for path in files if path.name != "kustomization.yaml"]
    for version in KUBERNETES:
        yield from _said_by(
            BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, *manifests
        )


def _caddyfile() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _said_by(
            *("caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"),
            XDG_DATA_HOME=folder,
            XDG_CONFIG_HOME=folder,
        )


def _units() -> Iterator[str]:
    """Its exit code also tells of programs that only a server has."""
    units = sorted((DEPLOY / "systemd").iterdir())
    done = _run("systemd-analyze", "verify", "--man=no", *units)
    # It looks at the machine's own units, too.
    ours = [line for line in done.stdout.splitlines() if "five-asks" in line]
    yield from (line for line in ours if "is not executable" not in line)


def _said_by(*words: str | Path, **environment: str) -> Iterator[str]:
    done = _run(*words, **environment)
    if done.returncode:
        yield done.stdout.strip() or f"{words[0]} ended with {done.returncode}."


def _run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
