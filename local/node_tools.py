"""Programs from the npm registry that look at finished pages, installed under `var/node/`.

Neither the site nor its tests need them: where there is no npm, whoever asks says so aloud.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path

from local.places import ROOT, VAR

RECIPE = ROOT / "local" / "node"
FOLDER = VAR / "node"
STAMP = FOLDER / "complete"


class NoNodeTools(Exception):
    """They can't be had here; says why."""


def node_modules() -> Path:
    """The folder that holds them, installed from the lock file if need be.

    Raises:
        NoNodeTools: there is no npm, or it could not install them.
    """
    key = hashlib.sha256((RECIPE / "package-lock.json").read_bytes()).hexdigest()
    if not STAMP.exists() or STAMP.read_text() != key:
        install()
        STAMP.write_text(key)
    return FOLDER / "node_modules"


def install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoNodeTools("there is no npm here")
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(RECIPE, FOLDER)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNodeTools(f"npm could not install them: {done.stderr.strip()[-300:]}")
