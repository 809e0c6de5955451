"""One stylesheet from the layers in `static/css/`, so that a first visit asks for one file.

The layers stay files of their own, named for what they style; `collectstatic` finds them joined.
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
NAME = "css/site.css"


class StylesheetFinder(BaseFinder):
    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:  # noqa: ARG002 - Django passes it
        storage = InMemoryStorage()
        storage.save(NAME, ContentFile(joined_layers()))
        yield NAME, storage

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:  # noqa: ARG002, FBT001, FBT002 - Django's signature
        """There is no file to name: the sheet exists where `collectstatic` has put it."""
        return []


def joined_layers() -> bytes:
    folder = Path(settings.BASE_DIR) / "static" / "css"
    order = f"@layer {', '.join(LAYERS)};\n".encode()
    return order + b"".join((folder / f"{layer}.css").read_bytes() for layer in LAYERS)
