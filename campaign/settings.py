"""Every setting of the site, read from the environment in this one place.

On a laptop `make run` writes the addresses of the servers it started to `var/run/local.env`, so
that `manage.py` in a second terminal finds them.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as country_name

from campaign.roles import Queue, Role
from petitions.web.headers import add_static_headers

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.read_env(VAR_DIR / "run" / "local.env")


def required(name: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Set it, or type 'make run' first.")
    return value


# --- Who this process is

ROLE = Role(env.str("CAMPAIGN_ROLE", default=Role.ALL))
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY")
# Earlier ones, by which late bounces are still known.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
SITE_IS_HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname])
# The site's onion service, such as http://….onion: pages then point Tor Browser to it.
ONION_URL = env.str("ONION_URL", default="").rstrip("/")
if ONION_URL:
    ALLOWED_HOSTS += [urlsplit(ONION_URL).hostname]
CONTENT_DIR = Path(env.str("CONTENT_DIR", default=str(BASE_DIR / "content")))

# --- Keys: one folder, of which each machine holds only the parts its role may have

VAULT_DIR = Path(env.str("VAULT_DIR", default=str(VAR_DIR / "vault")))
# Where the deliverer keeps what must outlive the database: the newest heads of the public log that
# it signed, and which rows people had erased.
LEDGER_MEMORY_DIR = Path(env.str("LEDGER_MEMORY_DIR", default=str(VAULT_DIR / "ledger")))

# --- What runs

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django_countries",
    "crispy_forms",
    "csp",
    "petitions",
]

MIDDLEWARE = [
    # Outermost, so that no answer goes without them: no file, no redirect, no refusal of a host.
    "petitions.web.headers.PolicyMiddleware",
    "petitions.web.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "compression_middleware.middleware.CompressionMiddleware",
    "petitions.web.unavailable.UnavailableMiddleware",
    "petitions.web.languages.LanguageMiddleware",
    "petitions.web.moved.MovedMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
context_processors = [
    "django.template.context_processors.request",
    "petitions.web.context.campaign_facts",
]

# What only the admin needs; a public web server does not even load it.
if ROLE.serves_admin:
    INSTALLED_APPS = [
        "unfold.apps.BasicAppConfig",
        "unfold.contrib.filters",
        "campaign.apps.CampaignAdminConfig",
        "django.contrib.humanize",
        "django.contrib.sessions",
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.mfa",
        "allauth.usersessions",
        "axes",
        *INSTALLED_APPS,
    ]
    context_processors += [
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]
    MIDDLEWARE += [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "axes.middleware.AxesMiddleware",
    ]
    AUTHENTICATION_BACKENDS = [
        "axes.backends.AxesStandaloneBackend",
        # Not allauth's: that one takes a name in any case, and each way to write it would be
        # counted by itself.
        "django.contrib.auth.backends.ModelBackend",
    ]

# The page that shows the local mail server's letters exists only where `make run` named the folder.
MAILBOX_DIR = env.str("MAILBOX_DIR", default="")
if MAILBOX_DIR:
    INSTALLED_APPS += ["local"]

ROOT_URLCONF = "campaign.urls"
WSGI_APPLICATION = "campaign.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": context_processors},
    },
]

CRISPY_ALLOWED_TEMPLATE_PACKS = "asks"
CRISPY_TEMPLATE_PACK = "asks"

# --- PostgreSQL: the only state

DATABASES = {"default": env.db_url_config(required("DATABASE_URL"))}
DATABASES["default"]["ENGINE"] = "campaign.postgresql"
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    # Reusing connections is worth ten times in sign requests a second (docs/performance.md). Who
    # waits for one asks again after the time-out, for five seconds in all: campaign/postgresql/.
    "pool": {"min_size": 1, "max_size": 8, "timeout": 0.5, "reconnect_timeout": 0.5},
}
# A pooler that lends a session for one transaction, as PgBouncer does: what a session would keep
# (prepared statements, cursors between transactions) is not used then.
DATABASE_POOLER = env.str("DATABASE_POOLER", default="")
if DATABASE_POOLER not in {"", "transaction"}:
    raise ImproperlyConfigured("DATABASE_POOLER must be empty or transaction.")
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = DATABASE_POOLER == "transaction"
# A streaming replica, for what reads much; petitions/models/replica.py says when it is read.
if REPLICA_URL := env.str("REPLICA_URL", default=""):
    DATABASES["replica"] = env.db_url_config(REPLICA_URL)
    DATABASES["replica"]["OPTIONS"] = {
        **DATABASES["replica"].get("OPTIONS", {}),
        # An organizer's page must not wait for a machine that is gone.
        "connect_timeout": 2,
    }
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In the process, so that no server needs a broker for it; public pages are kept by web/kept_pages.py.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery: ticks that carry no data; PostgreSQL is the queue

CELERY_BROKER_URL = env.str("BROKER_URL", default="")
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"queue_order_strategy": "sorted"}
# What nobody thought of must not hold up letters.
CELERY_TASK_DEFAULT_QUEUE = Queue.REPORTS
if ROLE.queues or ROLE.serves_admin:
    from kombu import Queue as MessageQueue

    from campaign import ticks

    # A worker takes from all queues of its role, or from those that -Q names, in their order.
    CELERY_TASK_QUEUES = [MessageQueue(name) for name in sorted(ROLE.queues)]
    CELERY_TASK_ROUTES = ticks.ROUTES
    CELERY_BEAT_SCHEDULE = ticks.SCHEDULE

# --- Backups

# To whom they are encrypted, by commas: public keys of age, whose other halves lie elsewhere.
BACKUP_RECIPIENTS = env.list("BACKUP_RECIPIENTS", default=[])

# --- Mail

vars().update(env.email_url_config(env.str("EMAIL_URL", default="smtp://127.0.0.1:2525")))
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Five Asks <hello@fiveasks.example>")
LETTER_FROM = env.str("LETTER_FROM", default="Five Asks <letters@fiveasks.example>")
# The mailbox for what comes back to letters; each letter adds "+", its number and a keyed hash.
# Empty: the mailbox of LETTER_FROM.
LETTER_RETURN_PATH = env.str("LETTER_RETURN_PATH", default="")
# An IMAP folder to which that mail comes, where no mail server can pipe it; deliverer only.
# Such as imaps://letters@mail.example/INBOX
RETURNS_IMAP_URL = env.str("RETURNS_IMAP_URL", default="")
RETURNS_IMAP_PASSWORD = env.str("RETURNS_IMAP_PASSWORD", default="")
# What people wrote is moved there, since attachments are not filed; all else is deleted.
RETURNS_IMAP_ANSWERS = env.str("RETURNS_IMAP_ANSWERS", default="Answers")
# A hosted sender that posts what becomes of letters, as django-anymail names it; role `returns`.
RETURNS_WEBHOOKS = env.str("RETURNS_WEBHOOKS", default="")
# "user:password" with which it must come, and the key with which it signs, if it does.
RETURNS_WEBHOOK_SECRET = env.str("RETURNS_WEBHOOK_SECRET", default="")
RETURNS_WEBHOOK_KEY = env.str("RETURNS_WEBHOOK_KEY", default="")
ANYMAIL = {"WEBHOOK_SECRET": RETURNS_WEBHOOK_SECRET}
if RETURNS_WEBHOOK_KEY:
    # Each sender has its own word for it.
    ANYMAIL |= {
        f"{RETURNS_WEBHOOKS.upper()}_{word}": RETURNS_WEBHOOK_KEY
        for word in ("WEBHOOK_SIGNING_KEY", "WEBHOOK_KEY", "SIGNING_SECRET", "INBOUND_SECRET")
    }
# Files of a letter up to so many bytes are attached; larger ones are downloaded from the office's
# page. Mails are a third larger, and many mail servers take 10 MB.
LETTER_FILES_BYTES = env.int("LETTER_FILES_BYTES", default=7_000_000)
# Where the relay does not sign: a folder with an RSA and an Ed25519 key for DKIM; mailer and
# deliverer only. Empty: the relay signs.
DKIM_DIR = Path(env.str("DKIM_DIR")) if env.str("DKIM_DIR", default="") else None
# Where a letter whose fate is unknown can be asked after by its Message-ID, for example
# postfix:///var/log/mail.log; empty: nobody can be asked, and it goes out again with the same
# Message-ID.
RELAY_URL = env.str("RELAY_URL", default="")
# The key of a hosted sender's API, where RELAY_URL names one.
RELAY_KEY = env.str("RELAY_KEY", default="")
# Seconds after which the relay gives up a silent connection; no letter is judged before that.
RELAY_TIMEOUT = env.int("RELAY_TIMEOUT", default=300)
# In no minute more letters than these to one mail domain: what comes too fast is taken for spam.
# 0: as many as there are.
LETTERS_PER_DOMAIN_A_MINUTE = env.int("LETTERS_PER_DOMAIN_A_MINUTE", default=60)
# Mails with news, all together. They share a relay with confirmation mails, whose readers wait.
# 0: as many as there are.
NEWS_MAILS_A_MINUTE = env.int("NEWS_MAILS_A_MINUTE", default=300)

# --- Bots: who asks too much waits (docs/decisions/0012-limits-wait.md)

# A Valkey or Redis for counters that may be lost; empty: nobody is counted. Best one that writes
# nothing to disk, by a socket or an IP address: looking up a name can take longer than we wait.
LIMITS_URL = env.str("LIMITS_URL", default="")
# The header in which the proxy names the client, such as RealIP; it must overwrite what clients
# send. A hyphen in it has a twin, the underscore, which WSGI can't tell from it. Empty: the address that the connection comes from.
CLIENT_ADDRESS_HEADER = env.str("CLIENT_ADDRESS_HEADER", default="")
# Addresses of Tor exits, one a line; it is read again when it changes.
TOR_EXITS_FILE = env.str("TOR_EXITS_FILE", default="")
# More sign requests in a minute are a flood. The default is a hundred a second, which we can carry.
FLOOD_REQUESTS_A_MINUTE = env.int("FLOOD_REQUESTS_A_MINUTE", default=6000)
# Confirmation mails to one mail domain, of which news takes half at most; the largest providers get
# a hundred times as many.
DOMAIN_MAILS_AN_HOUR = env.int("DOMAIN_MAILS_AN_HOUR", default=100)
# "accept" protects people at risk who use a throw-away address; organizers see a flag.
DISPOSABLE_ADDRESSES = env.str("DISPOSABLE_ADDRESSES", default="accept")
if DISPOSABLE_ADDRESSES not in {"accept", "refuse"}:
    raise ImproperlyConfigured("DISPOSABLE_ADDRESSES must be accept or refuse.")

# --- Languages

# Each by its own name, so that its readers find it whatever the page's language is.
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("uk", "Українська"),
    ("ru", "Русский"),
    ("be", "Беларуская"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("pl", "Polski"),
    ("lt", "Lietuvių"),
]
# The second corrects names of countries and months that the packages lack or have otherwise.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "names"]
FORMAT_MODULE_PATH = ["campaign.formats"]
# ISO 3166 has no code for it; its people live somewhere all the same. CLDR's is XK.
COUNTRIES_OVERRIDE = {"XK": country_name("Kosovo")}
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "petitions.web.bundles.BundleFinder",
]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# No other site's pages read our files.
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = add_static_headers

# --- Safety

# A sign request is a few kilobytes; an organizer may save a petition in many languages; a bounce
# brings back a whole letter.
UPLOADS = {
    Role.ORGANIZER: 1024 * 1024,
    Role.ALL: 1024 * 1024,
    Role.RETURNS: 40 * 1024 * 1024,
}
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOADS.get(ROLE, 64 * 1024)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000 if ROLE.serves_admin else 200
FILE_UPLOAD_HANDLERS: list[str] = []
SECURE_CONTENT_TYPE_NOSNIFF = True
# The admin has another one (petitions/web/headers.py).
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_SSL_REDIRECT = SITE_IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SITE_IS_HTTPS else None
SECURE_HSTS_SECONDS = 63_072_000 if SITE_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_IS_HTTPS
SECURE_HSTS_PRELOAD = SITE_IS_HTTPS
SESSION_COOKIE_SECURE = SITE_IS_HTTPS
CSRF_COOKIE_SECURE = SITE_IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 14},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "connect-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "require-trusted-types-for": ["'script'"],
    },
}

# --- Logs: events with ids, never people

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"event": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "event"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django would log the path of a failed request, and a confirmation link is a path.
        "django.request": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "django.security": {"level": "CRITICAL"},
    },
}

# --- How organizers get in (docs/decisions/0026-two-factors.md)

# "required": a password alone opens nothing but the pages where a second factor is set up.
# "optional" is for laptops; who has set one up is asked for it all the same.
SECOND_FACTOR = env.str("SECOND_FACTOR", default="required")
if SECOND_FACTOR not in {"required", "optional"}:
    raise ImproperlyConfigured("SECOND_FACTOR must be required or optional.")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_SERIALIZER = "campaign.sign_in.sealing.SealedSerializer"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
ACCOUNT_ADAPTER = "campaign.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
# No addresses, so no limits by address; wrong codes are limited by account, in each process.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key"}
MFA_ADAPTER = "campaign.sign_in.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": None}
# One code before and one after the present one: clocks differ, and typing takes time.
MFA_TOTP_TOLERANCE = 1
AXES_HANDLER = "campaign.sign_in.lockout.FailuresByName"
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "campaign.sign_in.lockout.locked_page"
AXES_CLIENT_IP_CALLABLE = "campaign.sign_in.lockout.no_address"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "csrfmiddlewaretoken", "next"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# axes wants to lock by address, and we keep none.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

# --- Exports

# Another organizer has to approve each export before it is made.
EXPORTS_NEED_APPROVAL = env.bool("EXPORTS_NEED_APPROVAL", default=False)

# --- The organizers' screens

UNFOLD = {
    "SITE_TITLE": "petitions.admin.sidebar.site_name",
    "SITE_HEADER": "petitions.admin.sidebar.site_name",
    "SITE_SUBHEADER": gettext_lazy("Organizers"),
    "SITE_SYMBOL": "campaign",
    "SITE_URL": "/" if ROLE.serves_public_pages else None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"navigation": "petitions.admin.sidebar.navigation"},
    "ACCOUNT": {"navigation": "petitions.admin.sidebar.account"},
    "DASHBOARD_CALLBACK": "petitions.admin.overview.overview",
}
