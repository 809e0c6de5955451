"""What of the collected files a public web server hands out."""

from http import HTTPStatus
from pathlib import Path

import httpx
from django.conf import settings

from petitions.web.static import ORGANIZERS
from tests.safety.served import HOST


def names(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.*.*")
        if path.suffix in {".css", ".js", ".svg"}
    )


def test_a_public_server_serves_its_own_files_and_none_of_the_organizers(served):
    collected = names(Path(settings.STATIC_ROOT))
    assert {name.startswith(ORGANIZERS) for name in collected} == {True, False}

    proxy = {"Host": HOST, "X-Forwarded-Proto": "https"}
    site = f"http://127.0.0.1:{served}/static/"
    with httpx.Client(base_url=site, headers=proxy, trust_env=False) as browser:
        found = {name: browser.get(name).status_code for name in collected}

    assert found == {
        name: HTTPStatus.NOT_FOUND if name.startswith(ORGANIZERS) else HTTPStatus.OK
        for name in collected
    }


def test_no_flag_is_collected():
    assert not (Path(settings.STATIC_ROOT) / "flags").exists()
