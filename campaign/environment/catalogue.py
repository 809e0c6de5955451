"""Every setting, once: docs/settings.md is made from here, `campaign/settings.py` reads nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from campaign.environment import kinds
from campaign.environment.kinds import Kind, number, one_of
from campaign.roles import Role

WEB, MAILER, DELIVERER = Role.WEB, Role.MAILER, Role.DELIVERER
ORGANIZER, RETURNS = Role.ORGANIZER, Role.RETURNS
# Role `all` is a laptop's, and reads everything.
EVERYBODY = frozenset(Role) - {Role.ALL}
SERVERS = frozenset({WEB, ORGANIZER, RETURNS})
SENDERS = frozenset({MAILER, DELIVERER})
NOBODY = frozenset[Role]()


@dataclass(frozen=True)
class Setting:
    name: str
    kind: Kind
    # As it would be typed; None where there is none.
    default: str | None
    roles: frozenset[Role]
    about: str
    # Those that don't start on a server without it.
    needed_by: frozenset[Role] = NOBODY
    is_secret: bool = False
    # For the table, where the default depends on another setting.
    default_words: str = ""

    def is_read_by(self, role: Role) -> bool:
        return role is Role.ALL or role in self.roles


WHO = [
    Setting(
        "CAMPAIGN_ROLE",
        one_of(Role),
        default="all",
        roles=EVERYBODY,
        needed_by=EVERYBODY,
        about="What this process may do, and which keys it may hold. `all` is for laptops.",
    ),
    Setting(
        "SITE_URL",
        kinds.SITE,
        default="http://127.0.0.1:8000",
        roles=EVERYBODY,
        needed_by=EVERYBODY,
        about="The public address. Where it is not this machine's own (`127.0.0.1`, `localhost`), the"
        " process is on a server. With `https://` all cookies are secure and HSTS is on.",
    ),
    Setting(
        "SECRET_KEY",
        kinds.TEXT,
        default=None,
        roles=EVERYBODY,
        needed_by=EVERYBODY,
        is_secret=True,
        about="Django's secret, the same for all processes: 50 characters or more of chance.",
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        kinds.WORDS,
        default="",
        roles=EVERYBODY,
        is_secret=True,
        about="Earlier ones: what they signed is good, and late bounces are known by them, for as long"
        " as they stand here.",
    ),
    Setting(
        "ALLOWED_HOSTS",
        kinds.HOSTS,
        default="",
        default_words="the host of `SITE_URL`",
        roles=SERVERS,
        about="Host names that are answered.",
    ),
    Setting(
        "ONION_URL",
        kinds.ONION_SITE,
        default="",
        roles=frozenset({WEB}),
        about="The onion service of this site, `http://….onion`: its host is allowed, and pages name it"
        " to Tor Browser. Its proxy must send `X-Forwarded-Proto: https` where `SITE_URL` is"
        " `https://`, or it is sent away from the onion.",
    ),
    Setting(
        "ACCEPTED_WARNINGS",
        kinds.WARNINGS,
        default="",
        roles=EVERYBODY,
        about="Warnings of `manage.py check --deploy` that you know of and live with, such as"
        " `campaign.W001` where all is on one host.",
    ),
    Setting(
        "DEBUG",
        kinds.YES_OR_NO,
        default="off",
        roles=EVERYBODY,
        about="Django's debug pages; never on a server.",
    ),
]

KEYS = [
    Setting(
        "VAULT_DIR",
        kinds.PATH,
        default="var/vault",
        roles=EVERYBODY,
        about="The folder of keys; each machine holds only the parts that its role may have"
        " ([Keys](operations.md#keys)).",
    ),
    Setting(
        "LEDGER_MEMORY_DIR",
        kinds.WRITABLE_FOLDER,
        default="",
        default_words="`VAULT_DIR/ledger`",
        roles=frozenset({DELIVERER}),
        about="For what must outlive the database: what was signed last of the public log, and which"
        " rows people had erased.",
    ),
]

STATE = [
    Setting(
        "DATABASE_URL",
        kinds.POSTGRESQL,
        default=None,
        roles=EVERYBODY,
        needed_by=EVERYBODY,
        is_secret=True,
        about="PostgreSQL 15 or newer, or a pooler before it ([More machines](operations.md#more-machines)).",
    ),
    Setting(
        "DATABASE_POOLER",
        one_of(["transaction"]),
        default="",
        roles=EVERYBODY,
        about="`transaction` where `DATABASE_URL` leads to a pooler that lends a session for one"
        " transaction, as PgBouncer does: then nothing is prepared and no cursor outlives one.",
    ),
    Setting(
        "REPLICA_URL",
        kinds.POSTGRESQL,
        default="",
        roles=frozenset({ORGANIZER, DELIVERER}),
        is_secret=True,
        about="A streaming replica; exports and the figures of the first page read from it.",
    ),
    Setting(
        "BROKER_URL",
        kinds.BROKER,
        default="",
        roles=SENDERS,
        needed_by=SENDERS,
        is_secret=True,
        about="Valkey or Redis, for ticks without data.",
    ),
    Setting(
        "BACKUP_RECIPIENTS",
        kinds.WORDS,
        default="",
        roles=frozenset({ORGANIZER}),
        about="Public keys of age, to which backups are encrypted; their other halves lie elsewhere"
        " ([Backups](operations.md#backups)).",
    ),
]

MAIL = [
    Setting(
        "EMAIL_URL",
        kinds.SMTP,
        default="smtp://127.0.0.1:2525",
        roles=SENDERS,
        needed_by=SENDERS,
        is_secret=True,
        about="This process's relay, for example `smtp+tls://user:password@relay.example:587`. The"
        " mailer's log names signers: keep it for 24 hours at most.",
    ),
    Setting(
        "MAIL_FROM",
        kinds.SENDER,
        default="",
        default_words="the campaign's name, `hello@` the domain of its controller",
        roles=SENDERS,
        needed_by=frozenset({MAILER}),
        about="The sender of mails to supporters.",
    ),
    Setting(
        "LETTER_FROM",
        kinds.SENDER,
        default="",
        default_words="the same, `letters@`",
        roles=SENDERS | {RETURNS},
        needed_by=frozenset({DELIVERER, RETURNS}),
        about="The sender of letters.",
    ),
    Setting(
        "LETTER_RETURN_PATH",
        kinds.MAILBOX,
        default="",
        default_words="the mailbox of `LETTER_FROM`",
        roles=SENDERS | {RETURNS},
        about="The mailbox for what comes back to letters; each letter adds `+`, its number and a keyed"
        " hash.",
    ),
    Setting(
        "DKIM_DIR",
        kinds.FOLDER,
        default="",
        roles=SENDERS,
        about="An RSA and an Ed25519 key by which mails are signed, where the relay does not"
        " ([Signing mails](operations.md#signing-mails)).",
    ),
    Setting(
        "RELAY_URL",
        kinds.TEXT,
        default="",
        roles=SENDERS,
        about="Where this process's relay can be asked for a Message-ID: `postfix:///var/log/mail.log` or"
        " `mailgun://api.eu.mailgun.net/DOMAIN` ([A relay that can be asked](operations.md#a-relay-that-can-be-asked));"
        " `maildir:///path` is the local mail server's. Without it a letter whose fate is unknown goes"
        " out again with the same Message-ID.",
    ),
    Setting(
        "RELAY_KEY",
        kinds.TEXT,
        default="",
        roles=SENDERS,
        is_secret=True,
        about="The key of the hosted sender's API that `RELAY_URL` names.",
    ),
    Setting(
        "RELAY_TIMEOUT",
        number(least=1),
        default="300",
        roles=SENDERS,
        about="Seconds after which the relay gives up a silent connection; no letter is judged before.",
    ),
    Setting(
        "LETTERS_PER_DOMAIN_A_MINUTE",
        number(least=0),
        default="60",
        roles=frozenset({DELIVERER}),
        about="In no minute the workers together send more letters than these to one mail domain:"
        " what comes too fast is taken for spam. Letters to others go on, and beat sends the rest, also"
        " of those sent by hand. 0: no limit.",
    ),
    Setting(
        "NEWS_MAILS_A_MINUTE",
        number(least=0),
        default="300",
        roles=frozenset({MAILER}),
        about="Mails with news, all together, of all workers; they share a relay with confirmation"
        " mails, whose readers wait. 0: no limit.",
    ),
    Setting(
        "LETTER_FILES_BYTES",
        number(least=0),
        default="7000000",
        roles=frozenset({DELIVERER}),
        about="Larger files of a letter are not attached but downloaded from the office's page; mails"
        " are a third larger than their files, and many mail servers take 10 MB.",
    ),
]

RETURNING = [
    Setting(
        "RETURNS_IMAP_URL",
        kinds.TEXT,
        default="",
        roles=frozenset({DELIVERER}),
        about="An IMAP folder that is emptied of what came back, where no mail server can pipe it:"
        " `imaps://letters%40asks.example@imap.example/INBOX`"
        " ([What comes back](operations.md#what-comes-back-to-letters)). Without TLS (`imap://`) only on"
        " loopback.",
    ),
    Setting(
        "RETURNS_IMAP_PASSWORD",
        kinds.TEXT,
        default="",
        roles=frozenset({DELIVERER}),
        is_secret=True,
        about="The password of that mailbox.",
    ),
    Setting(
        "RETURNS_IMAP_ANSWERS",
        kinds.TEXT,
        default="Answers",
        roles=frozenset({DELIVERER}),
        about="The folder to which what people wrote is moved, since attachments are not filed; all"
        " else is deleted.",
    ),
    Setting(
        "RETURNS_WEBHOOKS",
        kinds.TEXT,
        default="",
        roles=frozenset({RETURNS}),
        about="A hosted sender that posts what becomes of letters, as django-anymail names it: `mailgun`.",
    ),
    Setting(
        "RETURNS_WEBHOOK_SECRET",
        kinds.TEXT,
        default="",
        roles=frozenset({RETURNS}),
        is_secret=True,
        about="`user:password` that stands in the address given to that sender; the password of 20"
        " characters or more.",
    ),
    Setting(
        "RETURNS_WEBHOOK_KEY",
        kinds.TEXT,
        default="",
        roles=frozenset({RETURNS}),
        is_secret=True,
        about="The key with which that sender signs; at Mailgun the *HTTP webhook signing key*.",
    ),
]

LIMITS = [
    Setting(
        "LIMITS_URL",
        kinds.COUNTERS,
        default="",
        roles=frozenset({WEB, MAILER}),
        is_secret=True,
        about="Valkey or Redis for counters that may be lost, `unix:///path?db=1` or"
        " `redis://10.0.0.2:6379/1`: by a socket or an IP address, since to look a name up can take"
        " longer than we wait. Let it write nothing to disk. Without it nobody is limited by network and"
        " no flood is noticed by its number.",
    ),
    Setting(
        "CLIENT_ADDRESS_HEADER",
        kinds.HEADER_NAME,
        default="",
        default_words="the connection's own address",
        roles=frozenset({WEB}),
        about="The header in which your proxy names the client, for example `RealIP`; the proxy must"
        " overwrite what clients send. With a hyphen in its name (`X-Real-IP`) the proxy must drop headers"
        " with underscores, too: WSGI can't tell `X_Real_IP` from it.",
    ),
    Setting(
        "TOR_EXITS_FILE",
        kinds.PATH,
        default="",
        roles=frozenset({WEB}),
        about="Addresses of Tor exits, one a line, read again when it changes: they are not limited by"
        " network.",
    ),
    Setting(
        "FLOOD_REQUESTS_A_MINUTE",
        number(least=1),
        default="6000",
        roles=frozenset({WEB}),
        about="More sign requests in a minute are a flood. The default is a hundred a second, which we"
        " can carry.",
    ),
    Setting(
        "DOMAIN_MAILS_AN_HOUR",
        number(least=1),
        default="100",
        roles=frozenset({MAILER}),
        about="Confirmation mails to one mail domain, of which news takes half at most; the largest"
        " providers get a hundred times as many.",
    ),
    Setting(
        "DISPOSABLE_ADDRESSES",
        one_of(["accept", "refuse"]),
        default="accept",
        roles=frozenset({WEB}),
        about="`accept` throw-away addresses, which protect people at risk, and flag their signatures,"
        " or `refuse` them.",
    ),
]

ORGANIZERS = [
    Setting(
        "SECOND_FACTOR",
        one_of(["required", "optional"]),
        default="required",
        roles=frozenset({ORGANIZER}),
        about="`optional` lets organizers in by a password alone until they have set up a second factor;"
        " for laptops, where `make run` sets it.",
    ),
    Setting(
        "EXPORTS_NEED_APPROVAL",
        kinds.YES_OR_NO,
        default="off",
        roles=frozenset({ORGANIZER}),
        about="Each export waits until another organizer who may export approves it.",
    ),
]

FOLDERS = [
    Setting(
        "CONTENT_DIR",
        kinds.FOLDER,
        default="content",
        roles=EVERYBODY,
        about="The campaign: a folder as in [Your own campaign](your-own-campaign.md). Read when a process"
        " starts; the same for all.",
    ),
    Setting(
        "STATIC_ROOT",
        kinds.PATH,
        default="var/static",
        roles=EVERYBODY,
        about="Where `collectstatic` puts files.",
    ),
    Setting(
        "MAILBOX_DIR",
        kinds.PATH,
        default="",
        roles=NOBODY,
        about="Set by `make run`: shows local mail at `/mailbox/`. A laptop's alone.",
    ),
]

SEEING = [
    Setting(
        "LOG_FORMAT",
        one_of(["text", "json"]),
        default="text",
        roles=EVERYBODY,
        about="`text` for people at a terminal, `json` for what collects logs: an object a line"
        " ([Logs](operations.md#logs)).",
    ),
    Setting(
        "METRICS_TOKEN",
        kinds.TEXT,
        default="",
        roles=frozenset({ORGANIZER}),
        is_secret=True,
        about="20 characters or more: who sends it reads `/metrics`"
        " ([Figures and alerts](operations.md#figures-and-alerts)). Empty: nobody.",
    ),
    Setting(
        "ALIVE_FILE",
        kinds.PATH,
        default="",
        roles=SENDERS,
        about="A file that a worker touches when a tick has ended, and beat when it sends one;"
        " `deploy/probe.py worker` looks at it.",
    ),
]

SECTIONS = {
    "Who this process is": WHO,
    "Keys": KEYS,
    "PostgreSQL, Valkey, backups": STATE,
    "Mail": MAIL,
    "What comes back to letters": RETURNING,
    "Limits": LIMITS,
    "Organizers": ORGANIZERS,
    "Folders": FOLDERS,
    "Seeing": SEEING,
}
SETTINGS = {each.name: each for section in SECTIONS.values() for each in section}
