"""A domain that is ready for mail, as its zone has it, and the lines of `manage.py check_mail`."""

import base64

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def key_of(bits):
    public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


LONG_KEY = key_of(2048)
SHORT_KEY = key_of(1024)
# A key of 2048 bits is longer than one string of a TXT record.
DKIM = f'"v=DKIM1; k=rsa; p={LONG_KEY[:200]}" "{LONG_KEY[200:]}"'
DOMAIN = "fiveasks.example."
KEY = "one._domainkey.fiveasks.example."
GOOD = f"""
{DOMAIN} MX 10 mail.fiveasks.example.
{DOMAIN} TXT "v=spf1 ip4:203.0.113.4 -all"
{DOMAIN} TXT "some-service-verification=1"
{KEY} TXT {DKIM}
_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@fiveasks.example"
_dmarc.{DOMAIN} TXT "a wildcard's words"
mail.{DOMAIN} A 203.0.113.4
4.113.0.203.in-addr.arpa. PTR mail.fiveasks.example.
"""


def judged(lines, *states):
    return [line for line in lines if line.split(" ")[0] in states]


def published(lines):
    kinds = {"MX", "TXT", "PTR", "A", "AAAA"}
    return [
        line
        for line in lines
        if line.split(" ")[1:2] and line.split(" ")[1] in kinds and line.split(" ")[0].endswith(".")
    ]
