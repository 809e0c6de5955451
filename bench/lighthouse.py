"""Lighthouse's scores of the home page and a petition page, on its phone profile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.browser import chromium_path
from bench.server import HOST
from local.node_tools import NoNodeTools, node_modules

PAGES = {"home": "/en/", "petition": "/en/petitions/special-rapporteur/"}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = (
    "--headless=new --no-sandbox --disable-dev-shm-usage --no-first-run --disable-sync"
    " --disable-background-networking --disable-component-update"
)

Figure = dict[str, float | str]


def measure_lighthouse(port: int) -> dict[str, Figure]:
    """Four scores a page, 0 to 100.

    Raises:
        NoNodeTools, NoBrowser: they can't be had on this machine.
    """
    print(f"\n{'Lighthouse, phone':20}" + "".join(f"{each:>16}" for each in CATEGORIES))
    figures: dict[str, Figure] = {}
    for name, path in PAGES.items():
        scores = scores_of(f"http://{HOST}:{port}{path}")
        print(f"{name:20}" + "".join(f"{scores[each]:16.0f}" for each in CATEGORIES), flush=True)
        for category, score in scores.items():
            figures[f"lighthouse_{name}_{category}"] = {"value": score, "unit": "of 100"}
    return figures


def scores_of(address: str) -> dict[str, float]:
    node = shutil.which("node")
    if node is None:
        raise NoNodeTools("there is no node here")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(  # noqa: S603 - a program of our own lock
            [
                *(node, str(node_modules() / "lighthouse" / "cli" / "index.js"), address),
                *("--quiet", "--output=json", f"--output-path={report}"),
                *(f"--chrome-flags={FLAGS}", f"--only-categories={','.join(CATEGORIES)}"),
            ],
            env={**os.environ, "CHROME_PATH": chromium_path()},
            check=True,
            capture_output=True,
        )
        categories = json.loads(report.read_text())["categories"]
    return {name: 100 * categories[name]["score"] for name in CATEGORIES}
