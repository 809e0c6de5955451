"""Who sits between us and the relay gets no letter and no password: the relay has to prove its name."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.smtp import Connection, Keeper, mail_server
from petitions.delivery.smtp import RelayConnection, RelayUnreachable
from tests.conftest import use_relay

LETTER = b"Message-ID: <1@asks.example>\r\n\r\nDear office\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Of a relay at 127.0.0.1, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example")])
    now = datetime.now(UTC)
    place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(place, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "relay.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def relay(certificate, tmp_path, settings):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    class Encrypted(Connection):
        def __init__(self, keeper):
            SMTP.__init__(self, keeper, tls_context=context, require_starttls=True)

    with mail_server(Keeper(tmp_path / "box"), Encrypted) as port:
        use_relay(settings, port, tmp_path / "box")
        settings.EMAIL_USE_TLS = True
        yield tmp_path / "box"


def hand_over():
    with RelayConnection() as connection:
        connection.announce(sender="us@asks.example", recipient="office@gov.example")
        return connection.hand_over(LETTER, before_the_dot=lambda: None)


def test_a_relay_whose_certificate_nobody_vouches_for_gets_nothing(relay):
    with pytest.raises(RelayUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
        hand_over()

    assert not list((relay / "new").iterdir())


def test_a_certificate_of_another_name_is_no_better(relay, certificate, monkeypatch, settings):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.EMAIL_HOST = "localhost"

    with pytest.raises(RelayUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
        hand_over()


def test_a_relay_that_proves_its_name_takes_the_letter(relay, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert hand_over().startswith("250")

    assert len(list((relay / "new").iterdir())) == 1
