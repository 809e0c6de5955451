"""Mails as every server and mail program carries and shows them: ASCII only, in short lines.

Python's own ways fail in one script or another: its newer policy breaks long links in headers into
encoded words, its older one sends 8-bit bodies. So headers are written here, by RFC 5322, 2047 and
2231, and bodies in quoted-printable or base64, whichever is shorter.
"""

from __future__ import annotations

import base64
import re
import secrets
from binascii import b2a_base64, b2a_qp
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote

from django.core.mail import BadHeaderError, EmailMultiAlternatives
from django.utils import timezone
from django.utils.encoding import punycode

from petitions.dkim import signatures

LINE = 76  # RFC 2045, section 6.7; RFC 2047, section 2
BYTES_A_LINE = LINE // 4 * 3  # in base64
ASCII = bytes(range(128))
FROM = re.compile(r"^From ", re.MULTILINE)
PLAIN = re.compile(r"[ -~]*")
NEWLINE = re.compile(r"\r\n|\r|\n")
# What a name may hold outside quotes: RFC 5322, section 3.2.3.
ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
# Of atoms and dots, at a domain that DNS takes as it is: most of those that we write to.
SIMPLE_ADDRESS = re.compile(r"[\w+-]+(?:\.[\w+-]+)*@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}", re.ASCII)
# What stands for itself in an encoded word, be it in a name: RFC 2047, section 5.
LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


class Mail(EmailMultiAlternatives):
    """Any mail of this site: filled in as Django's are, written and signed here.

    `ready_parts` are files that many mails share, written once, and `known_lines` lines that they
    share, in quoted-printable.
    """

    ready_parts: Sequence[ReadyPart] = ()
    known_lines: Mapping[bytes, str] = MappingProxyType({})

    def message(self) -> Written:  # type: ignore[override]  # Django's senders ask for as_bytes only
        headers = {
            "From": sender(self.from_email),
            "To": addresses("To", *self.to),
            **({"Cc": addresses("Cc", *self.cc)} if self.cc else {}),
            **({"Reply-To": addresses("Reply-To", *self.reply_to)} if self.reply_to else {}),
            "Subject": text("Subject", str(self.subject)),
            "Date": format_datetime(timezone.now()),
            **{name: tokens(name, str(value)) for name, value in self.extra_headers.items()},
            "MIME-Version": "1.0",
        }
        body, pieces = self._body()
        head = Part(headers | body, "").head
        return Written(on_the_wire(head), pieces, sender_domain(self.from_email))

    def _body(self) -> tuple[dict[str, str], list[bytes]]:
        """Its headers, and its content in pieces of whole lines."""
        words = self._words()
        files = [attachment(*each).ready() for each in self.attachments]
        files.extend(self.ready_parts)
        if not files:
            end = "" if words.content.endswith("\n") or not words.content else "\n"
            return words.headers, [on_the_wire(words.content + end)]
        boundary = new_boundary()
        between = on_the_wire(f"--{boundary}\n")
        pieces: list[bytes] = []
        for part in [words.ready(), *files]:
            pieces += [between, part.head, part.content]
        pieces.append(on_the_wire(f"--{boundary}--\n"))
        return multipart_headers("mixed", boundary), pieces

    def _words(self) -> Part:
        texts = [(self.body, "text/plain"), *self.alternatives]
        versions = [
            text_part(str(words), kind.partition("/")[2], known=self.known_lines)
            for words, kind in texts
        ]
        return multipart("alternative", versions) if len(versions) > 1 else versions[0]


@dataclass(frozen=True)
class Part:
    headers: dict[str, str]
    content: str

    def __str__(self) -> str:
        return f"{self.head}\n{self.content}"

    @property
    def head(self) -> str:
        return "".join(f"{name}: {value}\n" for name, value in self.headers.items())

    def ready(self) -> ReadyPart:
        return ReadyPart(on_the_wire(f"{self.head}\n"), on_the_wire(f"{self.content}\n"))


@dataclass(frozen=True)
class ReadyPart:
    """A part of a multipart as SMTP carries it, up to the next boundary."""

    head: bytes
    content: bytes


@dataclass(frozen=True)
class Written:
    head: bytes
    pieces: list[bytes]
    domain: str

    def as_bytes(self, *, linesep: str = "\n") -> bytes:
        """The mail, signed. Signatures are made over what SMTP carries, whatever ends lines here."""
        made = signatures(self.head, self.pieces, domain=self.domain)
        mail = b"".join([made, self.head, b"\r\n", *self.pieces])
        return mail if linesep == "\r\n" else mail.replace(b"\r\n", linesep.encode())


def on_the_wire(lines: str) -> bytes:
    return lines.replace("\n", "\r\n").encode("ascii")


@lru_cache(maxsize=8)
def sender(written: str) -> str:
    """The From of many mails."""
    return addresses("From", written)


@lru_cache(maxsize=8)
def sender_domain(sender: str) -> str:
    """The domain of a From, as DNS and headers know it."""
    return punycode(parseaddr(sender)[1].rpartition("@")[2]).lower()


# --- Bodies


def text_part(content: str, subtype: str, *, known: Mapping[bytes, str]) -> Part:
    lines = NEWLINE.sub("\n", content) if "\r" in content else content
    way, encoded = shorter(lines.encode(), known)
    kind = f'text/{subtype}; charset="utf-8"'
    return Part({"Content-Type": kind, "Content-Transfer-Encoding": way}, encoded)


def shorter(lines: bytes, known: Mapping[bytes, str]) -> tuple[str, str]:
    """Quoted-printable or base64. Which one is foretold as far as that goes: encoding takes long."""
    packed = lines.replace(b"\n", b"\r\n")
    packed_size = -(-len(packed) // 3) * 4 + -(-len(packed) // BYTES_A_LINE)
    # Each byte above ASCII takes three.
    if len(lines) + 2 * len(lines.translate(None, ASCII)) <= packed_size:
        quoted = "\n".join([known.get(line) or quoted_line(line) for line in lines.split(b"\n")])
        if len(quoted) <= packed_size:
            return "quoted-printable", quoted
    return "base64", base64_lines(packed)


def quoted_lines(lines: list[str]) -> dict[bytes, str]:
    return {line.encode(): quoted_line(line.encode()) for line in lines}


def quoted_line(line: bytes) -> str:
    """One line in quoted-printable; in several, where it is long."""
    quoted = b2a_qp(line).decode("ascii")
    # A server that keeps mails in one file would write ">From", and break the signature.
    return FROM.sub("=46=\nrom ", quoted) if "From " in quoted else quoted


def base64_lines(data: bytes) -> str:
    """As `base64.encodebytes` writes it, a line of 76 after another, some times as fast."""
    encoded = b2a_base64(data, newline=False).decode("ascii")
    lines = [encoded[start : start + LINE] for start in range(0, len(encoded), LINE)]
    return "\n".join([*lines, ""])


def attachment(filename: str | None, content: str | bytes, kind: str | None) -> Part:
    """A file, to the byte.

    Not as text: filters would read it as part of the letter, and Latin references beside Cyrillic
    words look like a spammer's trick (SpamAssassin's MIXED_ES). Its name says what it is.
    """
    data = content.encode() if isinstance(content, str) else content
    if kind is None or kind.startswith("text/"):
        kind = "application/octet-stream"
    return Part(
        {
            "Content-Type": kind,
            "Content-Disposition": f"attachment{parameter('filename', filename or 'file')}",
            "Content-Transfer-Encoding": "base64",
        },
        base64_lines(data),
    )


def multipart(subtype: str, parts: list[Part]) -> Part:
    boundary = new_boundary()
    content = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return Part(multipart_headers(subtype, boundary), f"{content}--{boundary}--\n")


def multipart_headers(subtype: str, boundary: str) -> dict[str, str]:
    return {"Content-Type": f'multipart/{subtype};\n boundary="{boundary}"'}


def new_boundary() -> str:
    # "=_" stands in neither of the two encodings: RFC 2045, section 6.7.
    return f"=_{secrets.token_hex(12)}"


# --- Headers: each value as it follows its name, folded


def text(name: str, words: str) -> str:
    """A header for people, such as a subject."""
    value = tokens(name, words)
    longest = max(map(len, f"{name}: {value}".split("\n")))
    return value if longest <= LINE else encoded(words, used=len(name) + 2)


def tokens(name: str, words: str) -> str:
    """A header for machines: what has no space in it, such as a link, is never broken.

    Raises:
        BadHeaderError: a newline would start a header of somebody else's choice.
    """
    if NEWLINE.search(words):
        raise BadHeaderError(f"{name} has more than one line: {words!r}")
    if not PLAIN.fullmatch(words) or "=?" in words or words != words.strip():
        return encoded(words, used=len(name) + 2)
    return "\n".join(_lines(re.findall(r" *[^ ]+", words), used=len(name) + 2))


def addresses(name: str, *written: str) -> str:
    """A header of addresses, each as `person@host` or with a name before it in `<>`.

    Raises:
        BadHeaderError: an address is none, or one that only some servers carry.
    """
    return ",\n ".join(_address(name, each) for each in written)


def _address(name: str, written: str) -> str:
    if SIMPLE_ADDRESS.fullmatch(written):
        return written
    person, address = parseaddr(written)
    local, at, domain = address.rpartition("@")
    if NEWLINE.search(written) or not (local and at and PLAIN.fullmatch(local)):
        raise BadHeaderError(f"{name} has no address that every server carries: {written!r}")
    address = f"{local}@{punycode(domain)}"
    if not person:
        return address
    used = len(name) + 2
    before = _name(person, used=used)
    fits = used + len(before) + len(address) + 3 <= LINE and "\n" not in before
    return f"{before}{' ' if fits else chr(10) + ' '}<{address}>"


def _name(person: str, *, used: int) -> str:
    if "=?" in person or not PLAIN.fullmatch(person) or used + len(person) + 2 > LINE:
        return encoded(person, used=used)
    if ATOMS.fullmatch(person):
        return person
    return '"' + re.sub(r'(["\\])', r"\\\1", person) + '"'


def parameter(name: str, value: str) -> str:
    """A parameter of a header: plain where that is possible, else by RFC 2231 in short pieces."""
    if re.fullmatch(r"[\w .-]{1,50}", value, re.ASCII):
        return f';\n {name}="{value}"'
    pieces = [""]
    for character in value:
        coded = quote(character, safe="")
        if len(pieces[-1]) + len(coded) > LINE - len(name) - 20:
            pieces.append("")
        pieces[-1] += coded
    pieces[0] = f"utf-8''{pieces[0]}"
    if len(pieces) == 1:
        return f";\n {name}*={pieces[0]}"
    return "".join(f";\n {name}*{number}*={piece}" for number, piece in enumerate(pieces))


# The subject of a batch's letters is the same in most of them.
@lru_cache(maxsize=64)
def encoded(words: str, *, used: int) -> str:
    """RFC 2047: words in any script; a character is never torn apart."""
    ways = [list(_encoded_words(words, way, used=used)) for way in (Q, B)]
    return "\n ".join(min(ways, key=lambda each: sum(map(len, each))))


@dataclass(frozen=True)
class Way:
    letter: str
    encode: Callable[[bytes], str] = field(repr=False)


def _q(data: bytes) -> str:
    return "".join(
        chr(byte) if byte in LITERAL else "_" if byte == ord(" ") else f"={byte:02X}"
        for byte in data
    )


def _b(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


Q, B = Way("q", _q), Way("b", _b)


def _encoded_words(words: str, way: Way, *, used: int) -> Iterator[str]:
    frame = len("=?utf-8?q??=")
    piece, room = b"", LINE - used - frame
    for character in words:
        longer = piece + character.encode()
        if piece and len(way.encode(longer)) > room:
            yield f"=?utf-8?{way.letter}?{way.encode(piece)}?="
            longer, room = character.encode(), LINE - 1 - frame
        piece = longer
    yield f"=?utf-8?{way.letter}?{way.encode(piece)}?="


def _lines(pieces: list[str], *, used: int) -> Iterator[str]:
    line = ""
    for piece in pieces:
        if line and used + len(line) + len(piece) > LINE:
            yield line
            line, used = "", 0
        line += piece
    yield line
