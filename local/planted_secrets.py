"""Whether a key or a password stands in a file that everybody can read, by detect-secrets.

What is no secret though it looks like one is allowed here, by its file and kind and with its
reason. An allowance that nothing needs any more is a mistake, too: it would hide what comes next.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from local.places import ROOT

KEYWORD, BASIC = "Secret Keyword", "Basic Auth Credentials"
HEX, BASE64 = "Hex High Entropy String", "Base64 High Entropy String"
Allowed = Mapping[tuple[str, str], str]
ALLOWED: Allowed = {
    ("deploy/kubernetes/*.yaml", KEYWORD): "names of secrets, whose values stand elsewhere",
    ("deploy/env/*.env.example", BASIC): "PASSWORD stands where one is filled in",
    ("deploy/README.md", KEYWORD): "names of a secret and a file",
    ("docs/operations.md", BASIC): "an example of an address",
    ("docs/settings.md", BASIC): "likewise",
    ("campaign/environment/*.py", BASIC): "likewise",
    ("campaign/environment/kinds.py", KEYWORD): "words about how to write a password",
    (
        "deploy/host/releases.py",
        KEYWORD,
    ): "a word in the place of a secret, while files are collected",
    ("local/management/commands/one_time_password.py", BASE64): "an alphabet",
    ("bench/admin.py", KEYWORD): "an organizer's of a throw-away database",
    ("tests/*.py", KEYWORD): "invented passwords of a test's own servers",
    ("tests/*.py", BASIC): "likewise",
    ("tests/settings/test_start_checks.py", HEX): "an invented secret, which is not weak",
    ("tests/machines/test_log_lines.py", BASE64): "an invented link, which a log must not show",
    ("tests/ledger/test_verify_*.py", HEX): "published test vectors",
    ("tests/ledger/test_verify_*.py", BASE64): "likewise",
    ("tests/vault/x_wing.json", HEX): "published test vectors, private keys among them",
    ("tests/vault/x_wing.json", KEYWORD): "likewise",
}
# Hashes of packages, which look like nothing else; and what is no text.
LEFT_OUT = ("*.lock", "*.png", "*.ico", "*.woff2", "*.pdf", "*.po")


def planted_secrets() -> list[str]:
    """Each by file, line and kind; never the secret, which would go on into a log."""
    return judge(_found(_files()), ALLOWED)


def judge(found: Iterable[tuple[str, int, str]], allowed: Allowed) -> list[str]:
    used: set[tuple[str, str]] = set()
    problems = []
    for path, line, kind in found:
        allowance = next(_allowing(path, kind, allowed), None)
        if allowance:
            used.add(allowance)
        else:
            problems.append(f"{path}:{line}: {kind}")
    return problems + [
        f"nothing needs this any more: {path}, {kind}" for path, kind in allowed.keys() - used
    ]


def _allowing(path: str, kind: str, allowed: Allowed) -> Iterator[tuple[str, str]]:
    """The narrowest pattern first."""
    for each in sorted(allowed, key=lambda allowance: -len(allowance[0])):
        if each[1] == kind and fnmatch(path, each[0]):
            yield each


def _files() -> list[str]:
    """What is, or would be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [each for each in listed if not any(fnmatch(each, kind) for kind in LEFT_OUT)]


def _found(files: Iterable[str], *, root: Path = ROOT) -> list[tuple[str, int, str]]:
    secrets = SecretsCollection(root=str(root))
    with default_settings():
        secrets.scan_files(*(each for each in files if (root / each).is_file()))
    return [(path, secret.line_number, secret.type) for path, secret in secrets]
