"""Reading the mails that really arrived, as a person's mail program would."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Mailbox:
    folder: Path

    def raw(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.folder / "new").iterdir())]

    def mails(self) -> list[EmailMessage]:
        """All mails, oldest first."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw()]

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails() if mail["To"] == address]

    def __len__(self) -> int:
        return len(list((self.folder / "new").iterdir()))


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def link_in(mail: EmailMessage, name: str) -> str:
    """The path of the mail's link with this word in it."""
    (link,) = {link for link in LINK.findall(text_of(mail)) if f"/{name}/" in link}
    return "/" + link.split("/", 3)[3]
