"""One stylesheet and one script of many files, so that a first visit asks for few.

The parts stay files of their own, named for what they do; `collectstatic` finds them joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage

LAYERS = ("tokens", "base", "layout", "parts", "pages", "print")
# Those that any page may need. What only a few pages need stays apart.
SCRIPTS = ("leave", "suggest", "copy")
# One of the others; the second part uses the first one's names.
LEDGER_SCRIPT = ("log_tree", "log_check")


class BundleFinder(BaseFinder):
    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:  # noqa: ARG002 - Django passes it
        storage = InMemoryStorage()
        for name, content in _bundles().items():
            storage.save(name, ContentFile(content))
            yield name, storage

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        """There is no file to name: they exist where `collectstatic` has put them."""
        return []


def _bundles() -> dict[str, bytes]:
    return {
        "css/site.css": stylesheet(),
        "js/site.js": script(),
        "js/ledger.js": b"".join(_read(f"js/{name}.js") for name in LEDGER_SCRIPT),
    }


def stylesheet() -> bytes:
    order = f"@layer {', '.join(LAYERS)};\n".encode()
    layers = b"".join(_read(f"css/{layer}.css") for layer in LAYERS)
    return order + layers + colours(settings.CAMPAIGN.get("colours", {})).encode()


def colours(chosen: dict[str, Any]) -> str:
    """The campaign's own, in place of those in tokens.css."""
    light = "".join(f"--{name}: {value}; " for name, value in chosen.items() if name != "dark")
    dark = "".join(f"--{name}: {value}; " for name, value in chosen.get("dark", {}).items())
    return (
        f"@layer tokens {{ :root {{ {light}}} "
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }} }}\n"
        if chosen
        else ""
    )


def script() -> bytes:
    """Each part in a block of its own, so that no two share a name."""
    return b"".join(b"{\n" + _read(f"js/{name}.js") + b"}\n" for name in SCRIPTS)


def _read(name: str) -> bytes:
    return (Path(settings.BASE_DIR) / "static" / name).read_bytes()
