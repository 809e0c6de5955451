"""Stands in for systemd: starts, ends and names what the units of a scratch tree say.

It knows no more of a unit than its command, variables, folders and keys; no account, no sandbox.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(os.environ["ROOT"])
UNITS = ROOT / "etc/systemd/system"
RUN = ROOT / "run"


def main(verb, *words):
    with (ROOT / "systemctl.log").open("a") as log:
        print(verb, *words, file=log)
    if verb in {"restart", "stop"}:
        for unit in services():
            end(unit)
    if verb == "restart" or words[:1] == ("--now",):
        for unit in services():
            if not is_alive(pid_of(unit)):
                start(unit)
    if verb == "is-active":
        sys.exit(0 if is_alive(pid_of(UNITS / words[-1])) else 3)


def services():
    return [unit for unit in sorted(UNITS.glob("*.service")) if "[Install]" in unit.read_text()]


def start(unit):
    words = unit.read_text()
    run = RUN / unit.stem
    run.mkdir(parents=True, exist_ok=True)
    keys = run / "keys"
    keys.mkdir(exist_ok=True)
    for name in re.findall(r"^BindReadOnlyPaths=/etc/five-asks/keys/(\w+)", words, re.MULTILINE):
        with suppress(FileExistsError):
            (keys / name).symlink_to(ROOT / "etc/five-asks/keys" / name)
    with (run / "log").open("ab") as log:
        process = subprocess.Popen(
            [inside(word) for word in shlex.split(value(words, "ExecStart").replace("%h", "x"))],
            cwd=inside(value(words, "WorkingDirectory")),
            env=variables(words) | {"VAULT_DIR": str(keys)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (run / "pid").write_text(str(process.pid))


def variables(words):
    found = {"PATH": os.environ["PATH"]}
    found |= dict(pair.split("=", 1) for pair in shlex.split(value(words, "Environment")))
    for path in re.findall(r"^EnvironmentFile=-?(\S+)", words, re.MULTILINE):
        lines = Path(inside(path)).read_text().splitlines()
        found |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return found


def end(unit):
    pid = pid_of(unit)
    if is_alive(pid):
        os.kill(pid, signal.SIGTERM)
    ends_at = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < ends_at:
        time.sleep(0.05)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def pid_of(unit):
    path = RUN / unit.stem / "pid"
    return int(path.read_text()) if path.exists() else 2**22


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def inside(word):
    return f"{ROOT}{word}" if word.startswith(("/srv/", "/etc/", "/run/")) else word


def value(words, name):
    return re.search(f"^{name}=(.*)$", words, re.MULTILINE)[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
