"""A log read from a site: many answers at once, few connections, and every way to get none."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from five_asks_verify import fetch
from five_asks_verify.__main__ import main
from five_asks_verify.fetch import Unreachable, open_source
from five_asks_verify.report import Wrong
from tests.ledger.shown_log import ShownLog
from tests.processes import until


class OneSite(ThreadingHTTPServer):
    """Shows a folder below /ledger/1; `answers` stand before what the folder has."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.answers = {}
        self.connections = 0
        self.closed = []
        self.asked = []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/ledger/1"

    def close_request(self, request):
        self.closed.append(request)
        super().close_request(request)

    def get_request(self):
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        path = urlsplit(self.path).path.removeprefix("/ledger/1/")
        answers = self.server.answers.get(path, [])
        if answers:
            status, headers, content = answers.pop(0) if len(answers) > 1 else answers[0]
        else:
            file = self.server.folder / path
            status, headers = (200, {}) if file.is_file() else (404, {})
            content = file.read_bytes() if file.is_file() else b"no"
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_CONNECT(self):
        self.server.asked.append((self.path, dict(self.headers)))
        self.send_error(403)

    def log_message(self, *arguments):
        pass


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(fetch, "PAUSES", (0, 0))


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def log():
    made = ShownLog()
    made.close(1, made.sign(3000))
    return made


@pytest.fixture
def site(log, tmp_path):
    server = OneSite(log.write(tmp_path / "shown"))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def certificate(tmp_path):
    """Of 127.0.0.1, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a site")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "site.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return file


@pytest.fixture
def verify(log, capsys):
    def run(where, *arguments):
        code = main([str(where), "--key", str(log.key), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out + err

    return run


def test_a_site_is_read_over_few_connections_and_saved(verify, site, tmp_path):
    code, said = verify(site.address, "--save", tmp_path / "saved")

    assert (code, "3,001 leaves have the root" in said) == (0, True)
    assert len(site.asked) == 1 + 1 + 12 + 1 + 12
    assert site.connections <= fetch.THREADS
    assert verify(tmp_path / "saved")[0] == 0


def test_an_address_may_end_in_a_slash(verify, site):
    assert verify(f"{site.address}/")[0] == 0
    assert {path.count("//") for path, _ in site.asked} == {0}


def test_nothing_is_told_of_who_asks(verify, site):
    verify(site.address)

    headers = {name for _, headers in site.asked for name in headers}
    assert headers == {"Host", "User-Agent", "Accept-Encoding"}


def test_where_no_log_is_nothing_was_checked(verify, site):
    code, said = verify(site.address.replace("/ledger/1", "/ledger/2"))
    assert (code, "There is no log. The site does not give checkpoint." in said) == (2, True)


def test_a_tile_that_the_site_does_not_give_is_wrong(verify, site):
    (site.folder / "tile/0/007").unlink()
    code, said = verify(site.address)
    assert (code, "WRONG  The site does not give tile/0/007." in said) == (1, True)


def test_an_answer_that_does_not_end_is_read_no_further(verify, site):
    site.answers["tile/0/007"] = [(200, {}, bytes(50_000_000))]
    code, said = verify(site.address)
    assert (code, "tile/0/007 is longer than it can be (8,192 bytes)." in said) == (1, True)


def test_a_site_that_has_closed_its_idle_connections_is_asked_over_new_ones(site, monkeypatch):
    monkeypatch.setattr(Handler, "timeout", 0.1)
    paths = [f"tile/0/{number:03}" for number in range(11)]
    with open_source(site.address) as source:
        first = list(fetch.read_all(source, paths, limit=8192))
        used = site.connections
        until(lambda: len(site.closed) == used, seconds=10)
        assert list(fetch.read_all(source, paths, limit=8192)) == first
    assert site.connections > used


@pytest.mark.parametrize("once", [(503, {}, b"later"), (429, {}, b""), (0, {}, b"")])
def test_a_site_that_stumbles_is_asked_again(verify, site, once):
    path = "tile/0/003"
    site.answers[path] = [once, (200, {}, (site.folder / path).read_bytes())]
    assert verify(site.address)[0] == 0


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((503, {}, b""), "tile/0/003 can't be read: the site answers 503 Service Unavailable."),
        ((0, {}, b""), "tile/0/003 can't be read: Remote end closed connection"),
        ((403, {}, b""), "tile/0/003: the site answers 403."),
        ((200, {"Transfer-Encoding": "chunked"}, b"x\r\n"), "tile/0/003 can't be read: "),
    ],
)
def test_a_site_that_does_not_answer_leaves_nothing_checked(verify, site, answer, problem):
    site.answers["tile/0/003"] = [answer]
    code, said = verify(site.address)
    assert (code, problem in said) == (2, True)


def test_a_site_that_leads_elsewhere_is_not_followed(verify, site):
    site.answers["checkpoint"] = [(301, {"Location": "http://elsewhere.example/\x1b[2J"}, b"")]
    code, said = verify(site.address)
    assert code == 2
    assert "checkpoint leads on to http://elsewhere.example/" in said
    assert "\x1b" not in said


def test_half_of_a_log_that_was_saved_is_no_log(verify, site, tmp_path):
    site.answers["tile/0/003"] = [(403, {}, b"")]
    saved = tmp_path / "saved"

    assert verify(site.address, "--save", saved)[0] == 2
    assert "There is no log." in verify(saved)[1]
    del site.answers["tile/0/003"]
    assert verify(site.address, "--save", saved)[0] == 0


def test_nobody_at_an_address(verify):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, said = verify(f"http://127.0.0.1:{port}/ledger/1")
    assert (code, "Connection refused" in said) == (2, True)


def test_a_site_that_is_silent_is_left(monkeypatch):
    monkeypatch.setattr(fetch, "TIMEOUT", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with open_source(address) as site, pytest.raises(Unreachable, match="timed out"):
            site.read("key", limit=9)


def test_a_site_without_encryption_at_an_https_address(verify, site):
    code, said = verify(site.address.replace("http:", "https:"))
    assert (code, "can't be read: " in said) == (2, True)


def test_a_certificate_that_nobody_vouches_for_is_refused(verify, site, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.socket = context.wrap_socket(site.socket, server_side=True)

    code, said = verify(site.address.replace("http:", "https:"))

    assert (code, "127.0.0.1 has no valid certificate: self-signed certificate." in said) == (
        2,
        True,
    )


def test_a_certificate_that_is_trusted_is_enough(verify, site, certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert verify(site.address.replace("http:", "https:"))[0] == 0


def test_an_onion_address_is_read_through_the_environments_proxy(verify, site, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://me:s%20t@127.0.0.1:{site.server_port}")

    code, _ = verify(f"http://{'a' * 56}.onion/ledger/1")

    assert code == 0
    path, headers = site.asked[0]
    assert path == f"http://{'a' * 56}.onion/ledger/1/checkpoint"
    assert headers["Host"] == f"{'a' * 56}.onion"
    assert headers["Proxy-Authorization"] == "Basic bWU6cyB0"


def test_an_https_address_goes_through_a_tunnel_of_the_proxy(verify, site, monkeypatch):
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{site.server_port}")

    code, said = verify("https://petitions.example/ledger/1")

    assert (code, "Tunnel connection failed: 403" in said) == (2, True)
    assert {path for path, _ in site.asked} == {"petitions.example:443"}


def test_what_needs_no_proxy_goes_past_it(verify, site, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert verify(site.address)[0] == 0


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9050", "http://127.0.0.1:x", "http://"])
def test_a_proxy_that_can_not_be_used_is_said(verify, site, monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    code, said = verify(site.address)
    assert (code, f"The proxy of the environment, {proxy}, is no http:// address." in said) == (
        2,
        True,
    )


def test_the_first_answer_that_fails_ends_the_reading(site):
    site.answers = {f"tile/0/{number:03}": [(404, {}, b"")] for number in range(1000)}
    paths = [f"tile/0/{number:03}" for number in range(1000)]
    missing = pytest.raises(Wrong, match="does not give tile/0/000")
    with open_source(site.address) as source, missing:
        list(fetch.read_all(source, paths, limit=10))
    assert len(site.asked) < 500
