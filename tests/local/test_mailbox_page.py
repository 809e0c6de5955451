"""`/mailbox/`: everything the mail server took, and nothing else."""

from email.message import EmailMessage

import pytest
from django.urls import reverse

from local.mailbox import Mailbox
from local.smtp import Maildir


@pytest.fixture
def box(tmp_path, settings):
    settings.MAILBOX_DIR = str(tmp_path / "mailbox")
    return Maildir(tmp_path / "mailbox")


def letter(subject="Please confirm", to="ann@mail.example"):
    message = EmailMessage()
    message["X-Envelope-To"] = to
    message["Subject"] = subject
    message["Message-ID"] = f"<{subject.replace(' ', '-')}@asks.example>"
    message.set_content("Open http://127.0.0.1:8000/en/confirm/abc-_1/ & wait.")
    message.add_alternative(
        "<html><head></head><body><script>alert(1)</script>Hello</body></html>", subtype="html"
    )
    return message


def test_the_newest_message_comes_first(client, box):
    box.deliver(bytes(letter("First")))
    box.deliver(bytes(letter("Second <b>")))
    page = client.get(reverse("local:mailbox")).text
    assert page.index("Second &lt;b&gt;") < page.index("First")
    assert page.count("ann@mail.example") == 2


def test_an_empty_mailbox_says_so(client, box):
    assert "No mail yet." in client.get(reverse("local:mailbox")).text


def test_many_messages_come_in_pages(client, box, monkeypatch):
    monkeypatch.setattr("local.views.PAGE_LENGTH", 2)
    for number in range(5):
        box.deliver(bytes(letter(f"Number {number}")))
    last = client.get(reverse("local:mailbox"), {"page": "3"}).text
    assert "Number 0" in last
    assert "Number 1" not in last
    assert "Page 3 of 3" in last


def test_the_link_in_a_message_can_be_clicked(client, box):
    key = box.deliver(bytes(letter()))
    page = client.get(reverse("local:message", args=[key])).text
    link = "http://127.0.0.1:8000/en/confirm/abc-_1/"
    assert f'<a href="{link}" rel="nofollow">{link}</a> &amp; wait.' in page
    assert "<script>" not in page


def test_a_mail_program_may_have_read_it(client, box):
    key = box.deliver(bytes(letter("Read already")))
    (box.folder / "new" / key).rename(box.folder / "cur" / f"{key}:2,S")
    assert "Read already" in client.get(reverse("local:message", args=[key])).text
    assert "Read already" in client.get(reverse("local:mailbox")).text


def test_the_html_of_a_message_can_run_and_load_nothing(client, box):
    key = box.deliver(bytes(letter()))
    answer = client.get(reverse("local:html", args=[key]))
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert not any("script-src" in rule for rule in policy)
    # There is a script to stop, and the frame around it is our own page's.
    assert "<script>" in answer.text
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    around = client.get(reverse("local:message", args=[key]))
    assert "frame-src 'self'" in around.headers["Content-Security-Policy"].split("; ")
    assert around.headers["X-Frame-Options"] == "DENY"


def test_attachments_are_saved_and_a_table_is_shown(client, box):
    message = letter()
    message.add_attachment("Имя,Country\n<Анна>,DE\n", subtype="csv", filename="signers.csv")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename='../a";b.pdf')
    key = box.deliver(bytes(message))
    assert "&lt;Анна&gt;,DE" in client.get(reverse("local:message", args=[key])).text
    second = client.get(reverse("local:attachment", args=[key, 2]))
    assert second.getvalue() == b"%PDF"
    assert second.headers["Content-Disposition"].startswith("attachment; ")
    assert "/" not in second.headers["Content-Disposition"]
    assert client.get(reverse("local:attachment", args=[key, 3])).status_code == 404


def test_the_source_is_what_arrived(client, box):
    key = box.deliver(b"Subject: x\r\n\r\n<b>\xff</b>\r\n")
    answer = client.get(reverse("local:source", args=[key]))
    assert answer.content == b"Subject: x\r\n\r\n<b>\xff</b>\r\n"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "key",
    ["..", "../secret", "%2e%2e%2fsecret", "secret", "*", "1.1_1." + "*" * 32, "1.1_1.", "\x00"],
)
def test_a_key_leads_nowhere_but_to_a_message(client, box, tmp_path, key):
    (tmp_path / "secret").write_text("Subject: secret\n\n")
    (box.folder / "new" / "secret").write_text("Subject: secret\n\n")
    box.deliver(bytes(letter()))
    assert Mailbox(box.folder).find(key) is None
    assert client.get(f"/mailbox/{key}/").status_code == 404
    assert client.get(f"/mailbox/{key}/source/").status_code == 404


def test_broken_messages_break_no_page(client, box):
    keys = [
        box.deliver(b""),
        box.deliver(
            b"Subject: =?utf-8?q?=ff?=\r\nContent-Type: text/plain; charset=none\r\n\r\n\xff"
        ),
        box.deliver(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhalf"),
        box.deliver("Subject: Прывітанне\r\nTo: \xff\r\n\r\n".encode()),
    ]
    assert client.get(reverse("local:mailbox")).status_code == 200
    for key in keys:
        assert client.get(reverse("local:message", args=[key])).status_code == 200
