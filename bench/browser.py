"""The machine's Chromium, and what it asks for when it opens a page for the first time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# Containers give little shared memory, and root gets no sandbox.
FLAGS = ["--disable-dev-shm-usage", "--no-sandbox"]


class NoBrowser(Exception):
    """There is no Chromium on this machine."""


def chromium_path() -> str:
    path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chrome")
    if path is None:
        raise NoBrowser(
            "No Chromium here: install Debian's `chromium`, or name one in CHROMIUM_PATH."
        )
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


def requests_of_first_load(browser: Browser, address: str) -> list[str]:
    """All addresses that an empty browser asks for; the icon too, which a headless one leaves out."""
    context = browser.new_context()
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, wait_until="networkidle")
    icon: str = page.locator("link[rel=icon]").evaluate("link => link.href")
    context.close()
    return [*asked, *({icon} - set(asked))]
