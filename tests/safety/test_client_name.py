"""Nobody but the proxy says which network a form comes from."""

import re

import pytest

from tests.safety.served import request, said, statuses


@pytest.mark.django_db
def test_an_underscore_in_a_headers_name_is_a_hyphen_to_us_so_no_such_name_is_trusted(served):
    """The proxy has said https; the twin comes later and counts."""
    assert statuses(said(served, request("/robots.txt"))) == [200]
    assert statuses(said(served, request("/robots.txt", "X_Forwarded_Proto: http"))) == [301]


def test_the_proxy_that_we_deploy_names_the_client_by_a_header_without_a_twin(settings):
    deploy = settings.BASE_DIR / "deploy"
    (name,) = re.findall(
        r"^CLIENT_ADDRESS_HEADER=(.+)$", (deploy / "env/web.env.example").read_text(), re.MULTILINE
    )

    assert name.isalnum()
    assert f"header_up {name} {{remote_host}}" in (deploy / "Caddyfile").read_text()


def test_every_server_speaks_one_version_and_waits_ten_seconds_for_headers(settings):
    deploy = settings.BASE_DIR / "deploy"
    image = (deploy / "Containerfile").read_text().replace('", "', " ")
    units = [path.read_text() for path in deploy.glob("systemd/*.service")]
    servers = [text for text in [image, *units] if "granian" in text and "--interface" in text]

    assert len(servers) == 4
    for text in servers:
        assert "--http 1 --http1-header-read-timeout 10000 --http1-buffer-size 65536" in text
