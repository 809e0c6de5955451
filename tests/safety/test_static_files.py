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
    public = {name.partition("/")[0] for name in collected if not name.startswith(ORGANIZERS)}
    # The last is the mailbox of `make run`. Whatever else an app brings along has to be looked at.
    assert public == {"css", "img", "js", "local"}
    assert any(name.startswith(ORGANIZERS) for name in collected)

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
