"""A mail is ASCII in short lines, and says exactly what it was given, in any script."""

import base64
import quopri
import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from django.core.mail import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st

from petitions.mime import Mail, base64_lines, quoted_lines, sender_domain
from tests.mail_lint import lint

SCRIPTS = [
    "About thing 1",
    "Šarūnas Žukauskas, “Łódź” — œuvre",
    "Про безпечні шляхи для тих, хто захищає права, і про тих, хто їх чекає вдома " * 3,
    "👩🏽‍⚖️🕊️ " * 40,
    "a" * 700,
    "many words " * 60 + "end",
    "=?utf-8?q?not_ours?=",
    "two  spaces   and\ta tab",
    "العدالة עברית 正義",
]
# What a mail's person may type, but for lone surrogates, which are no text.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
line = text.filter(lambda words: len(words.splitlines()) < 2 and words.isprintable())


def written(**changes):
    mail = Mail(
        **{
            "subject": "Subject",
            "body": "Body\n",
            "from_email": "Five Asks <letters@fiveasks.example>",
            "to": ["minister@office.example"],
            **changes,
        }
    )
    mail.attach_alternative(f"<p>{mail.body}</p>", "text/html")
    return mail


def read(mail):
    raw = mail.message().as_bytes(linesep="\r\n")
    lint(raw)
    return message_from_bytes(raw, policy=policy.default)


@pytest.mark.parametrize("words", SCRIPTS)
def test_subject_name_body_and_file_name_come_out_as_they_went_in(words):
    words = words.strip()
    mail = written(subject=words, body=f"{words}\n", to=[named(words, "minister@office.example")])
    mail.attach(f"{words[:200]}.csv", words, "text/csv")

    back = read(mail)

    assert back["Subject"] == words
    assert named_in(mail) == (words, "minister@office.example")
    assert body_of(back) == f"{words}\n"
    (file,) = back.iter_attachments()
    assert file.get_filename() == f"{words[:200]}.csv"
    assert file.get_content().decode() == words


def named(person, address):
    escaped = re.sub(r'(["\\])', r"\\\1", person)
    return f'"{escaped}" <{address}>'


def named_in(mail):
    """By the library's older reader: the newer one of Python 3.11 puts spaces into long names."""
    person, address = parseaddr(message_from_bytes(mail.message().as_bytes())["To"])
    return str(make_header(decode_header(person))), address


def body_of(mail, kind="plain"):
    return mail.get_body((kind,)).get_payload(decode=True).decode().replace("\r\n", "\n")


@given(subject=line, body=text)
def test_any_text_comes_out_as_it_went_in(subject, body):
    back = read(written(subject=subject, body=body))

    lines = re.sub(r"\r\n|\r", "\n", body)
    assert back["Subject"] == subject
    assert body_of(back).removesuffix("\n") == lines.removesuffix("\n")
    assert f"<p>{lines}</p>" in body_of(back, "html")


def test_no_line_of_a_body_begins_as_a_mail_in_a_file_of_mails_does():
    raw = written(body="From here\nFrom there " + "x" * 60 + "\n.\n").message().as_bytes()

    assert b"\nFrom here" not in raw
    assert b"\nFrom there" not in raw
    assert body_of(message_from_bytes(raw, policy=policy.default)).startswith("From here\nFrom ")


def test_a_file_of_bytes_stays_as_it_is():
    mail = written()
    mail.attach("book.pdf", bytes(range(256)) * 5, "application/pdf")

    (file,) = read(mail).iter_attachments()

    assert file.get_content() == bytes(range(256)) * 5


def test_a_link_in_a_header_is_never_torn():
    link = f"<https://fiveasks.example/en/receipt/{'x' * 200}/not-me/>"

    raw = written(headers={"List-Unsubscribe": link}).message().as_bytes()

    assert f"\nList-Unsubscribe: {link}\n".encode() in raw


def test_domains_in_other_scripts_are_written_as_dns_knows_them():
    back = read(written(to=["minister@уряд.example"]))

    assert back["To"] == "minister@xn--d1axi3c.example"
    assert sender_domain("Letters <letters@Уряд.example>") == "xn--d1axi3c.example"


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "One\nBcc: all@mail.example"},
        {"to": ["ann@mail.example\nBcc: all@mail.example"]},
        {"to": ["nobody"]},
        {"to": ["міністр@office.example"]},
        {"headers": {"List-Id": "a\r\nb"}},
    ],
)
def test_what_would_start_another_header_or_reach_nobody_is_refused(changes):
    with pytest.raises(BadHeaderError, match=r"more than one line|no address"):
        written(**changes).message()


@given(text)
def test_lines_that_mails_share_are_written_as_in_one_piece(words):
    lines = words.replace("\r", "").split("\n")
    whole = quopri.encodestring("\n".join(lines).encode()).decode()
    # Which alone is written in a way of our own.
    whole = re.sub(r"^From ", "=46=\nrom ", whole, flags=re.MULTILINE)

    known = quoted_lines(lines)

    assert "\n".join(known[line.encode()] for line in lines) == whole


@given(st.binary(max_size=300))
def test_base64_is_written_as_the_standard_library_writes_it(data):
    assert base64_lines(data) == base64.encodebytes(data).decode()


@given(text, st.lists(text, max_size=3))
def test_known_lines_change_no_mail(words, others):
    plain, known = written(body=words), written(body=words)
    known.known_lines = quoted_lines([*words.splitlines(), *others])

    assert without_boundary(plain) == without_boundary(known)


def without_boundary(mail):
    raw = mail.message().as_bytes()
    return re.sub(rb"=_[0-9a-f]{24}", b"", re.sub(rb"\nDate: [^\n]*", b"", raw))
