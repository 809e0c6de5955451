"""What a process may do, and which keys it may hold."""

from enum import StrEnum

from petitions.vault import Secret


class Queue(StrEnum):
    """Where ticks wait for a worker.

    By their names they stand in the order in which a worker of several takes from them: first what
    a person waits for now.
    """

    CONFIRMATIONS = "confirmations"
    LETTERS = "letters"
    NEWS = "news"
    REPORTS = "reports"


class Role(StrEnum):
    WEB = "web"
    MAILER = "mailer"
    DELIVERER = "deliverer"
    ORGANIZER = "organizer"
    RETURNS = "returns"
    ALL = "all"

    @property
    def secrets(self) -> frozenset[Secret]:
        """The secrets that this role needs; any other one must not be within its reach."""
        return _SECRETS[self]

    @property
    def queues(self) -> frozenset[Queue]:
        """Those from which its workers may take: the work of others needs keys it does not have."""
        return _QUEUES.get(self, frozenset())

    @property
    def serves_public_pages(self) -> bool:
        return self in {Role.WEB, Role.ALL}

    @property
    def knows_public_addresses(self) -> bool:
        """Workers answer nobody, but the mails and letters that they write have links."""
        return self not in {Role.ORGANIZER, Role.RETURNS}

    @property
    def sends_mail(self) -> bool:
        return self in {Role.MAILER, Role.DELIVERER, Role.ALL}

    @property
    def sends_letters(self) -> bool:
        return self in {Role.DELIVERER, Role.ALL}

    @property
    def hears_webhooks(self) -> bool:
        """What hosted senders post is no business of the process that serves the form."""
        return self in {Role.RETURNS, Role.ALL}

    @property
    def serves_admin(self) -> bool:
        return self in {Role.ORGANIZER, Role.ALL}


_SECRETS = {
    Role.WEB: frozenset[Secret](),
    Role.MAILER: frozenset({Secret.MAIL_KEYS, Secret.PEPPER}),
    Role.DELIVERER: frozenset({Secret.SIGNATURE_KEYS, Secret.LEDGER}),
    Role.ORGANIZER: frozenset({Secret.SIGNATURE_KEYS, Secret.PEPPER}),
    Role.RETURNS: frozenset(),
    Role.ALL: frozenset(Secret),
}

_QUEUES = {
    Role.MAILER: frozenset({Queue.CONFIRMATIONS, Queue.NEWS}),
    Role.DELIVERER: frozenset({Queue.LETTERS, Queue.REPORTS}),
    Role.ALL: frozenset(Queue),
}
