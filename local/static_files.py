"""Collects and compresses the static files, which takes seconds, only when one has changed."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.places import ROOT, Home
from local.processes import manage, meanwhile

# What the collected files depend on: the sources, how they are stored, and the packages' own.
SOURCES = (
    "static/**/*",
    "local/static/**/*",
    "petitions/static/**/*",
    "campaign/settings.py",
    ".venv/complete.json",
)


@contextmanager
def static_files(home: Home, environment: Mapping[str, str]) -> Iterator[None]:
    """Collects them beside the block; when the block has ended, they are there."""
    folder = Path(environment["STATIC_ROOT"])
    stamp = folder.with_suffix(".key")
    key = key_of_sources(Path(environment["CONTENT_DIR"]))
    if folder.is_dir() and stamp.exists() and stamp.read_text() == key:
        yield
        return
    stamp.unlink(missing_ok=True)
    words = ("--no-input", "--clear", "-v", "0")
    collect = manage("collectstatic", environment, "collectstatic", *words)
    with meanwhile(collect, home):
        yield
    stamp.write_text(key)


def key_of_sources(content: Path) -> str:
    ours = [path for pattern in SOURCES for path in ROOT.glob(pattern)]
    # Colours, and files that stand in for ours.
    campaigns = [content / "campaign.toml", *content.glob("static/**/*")]
    paths = sorted(path for path in ours + campaigns if path.is_file())
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(repr(facts).encode()).hexdigest()
