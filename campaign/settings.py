"""Django's settings. Those that come from the environment are in campaign/environment/catalogue.py,
each with what it is for; docs/settings.md shows them.

On a laptop `make run` writes the addresses of the servers it started to `var/run/local.env`, so
that `manage.py` in a second terminal finds them.
"""

import os
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as country_name

from campaign.environment.kinds import BASE_DIR
from campaign.environment.reading import read_or_refuse
from campaign.logs import logging_settings
from campaign.postgresql.databases import primary, replica
from campaign.roles import Queue, Role
from petitions.content_files import ContentNotValid
from petitions.facts import FIRST, languages_of, read_facts, sender
from petitions.web.headers import add_static_headers

VAR_DIR = BASE_DIR / "var"
environ.Env.read_env(VAR_DIR / "run" / "local.env")
ENVIRONMENT = env = read_or_refuse(os.environ)

# --- Who this process is

ROLE = env.role
# Then some things are refused that a laptop may do: campaign/checks/.
IS_SERVER = env.is_server
DEBUG = env["DEBUG"]
SECRET_KEY: str = env["SECRET_KEY"]
SECRET_KEY_FALLBACKS: list[str] = env["SECRET_KEY_FALLBACKS"]
SITE_URL: str = env["SITE_URL"]
SITE_IS_HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS: list[str | None] = env["ALLOWED_HOSTS"] or [urlsplit(SITE_URL).hostname]
ONION_URL: str = env["ONION_URL"]
if ONION_URL:
    ALLOWED_HOSTS += [urlsplit(ONION_URL).hostname]
# axes wants to lock by address, and we keep none.
SILENCED_SYSTEM_CHECKS = ["axes.W006", *env["ACCEPTED_WARNINGS"]]
CONTENT_DIR = env["CONTENT_DIR"]
try:
    CAMPAIGN = read_facts(CONTENT_DIR)
except ContentNotValid as error:
    sys.exit(str(error))

# --- Keys: one folder, of which each machine holds only the parts its role may have

VAULT_DIR = env["VAULT_DIR"]
LEDGER_MEMORY_DIR = env["LEDGER_MEMORY_DIR"] or VAULT_DIR / "ledger"

# --- What runs

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "whitenoise.runserver_nostatic",
    "campaign.apps.CampaignStaticFilesConfig",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django_countries",
    "crispy_forms",
    "csp",
    "petitions",
    "campaign.checks",
]

MIDDLEWARE = [
    # Outermost, so that no answer goes without them: no file, no redirect, no refusal of a host.
    "petitions.web.headers.PolicyMiddleware",
    "petitions.web.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "petitions.web.static.StaticFilesMiddleware",
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
MAILBOX_DIR = env["MAILBOX_DIR"]
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

DATABASE_POOLER: str = env["DATABASE_POOLER"]
DATABASES = {"default": primary(env["DATABASE_URL"], behind_pooler=bool(DATABASE_POOLER))}
if REPLICA_URL := env["REPLICA_URL"]:
    DATABASES["replica"] = replica(REPLICA_URL)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In the process, so that no server needs a broker for it; public pages are kept by web/kept_pages.py.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery: ticks that carry no data; PostgreSQL is the queue

CELERY_BROKER_URL = env["BROKER_URL"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"queue_order_strategy": "sorted"}
# What nobody thought of must not hold up letters.
CELERY_TASK_DEFAULT_QUEUE = Queue.REPORTS
ALIVE_FILE = env["ALIVE_FILE"]
if ROLE.queues or ROLE.serves_admin:
    from kombu import Queue as MessageQueue

    from campaign import ticks

    # A worker takes from all queues of its role, or from those that -Q names, in their order.
    CELERY_TASK_QUEUES = [MessageQueue(name) for name in sorted(ROLE.queues)]
    CELERY_TASK_ROUTES = ticks.ROUTES
    CELERY_BEAT_SCHEDULE = ticks.SCHEDULE

# --- Backups

BACKUP_RECIPIENTS: list[str] = env["BACKUP_RECIPIENTS"]

# --- Mail

vars().update(environ.Env.email_url_config(env["EMAIL_URL"]))
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL: str = env["MAIL_FROM"] or sender(CAMPAIGN, "hello")
LETTER_FROM: str = env["LETTER_FROM"] or sender(CAMPAIGN, "letters")
LETTER_RETURN_PATH: str = env["LETTER_RETURN_PATH"]
RETURNS_IMAP_URL: str = env["RETURNS_IMAP_URL"]
RETURNS_IMAP_PASSWORD: str = env["RETURNS_IMAP_PASSWORD"]
RETURNS_IMAP_ANSWERS: str = env["RETURNS_IMAP_ANSWERS"]
RETURNS_WEBHOOKS: str = env["RETURNS_WEBHOOKS"]
RETURNS_WEBHOOK_SECRET: str = env["RETURNS_WEBHOOK_SECRET"]
RETURNS_WEBHOOK_KEY: str = env["RETURNS_WEBHOOK_KEY"]
ANYMAIL = {"WEBHOOK_SECRET": RETURNS_WEBHOOK_SECRET}
if RETURNS_WEBHOOK_KEY:
    # Each sender has its own word for it.
    ANYMAIL |= {
        f"{RETURNS_WEBHOOKS.upper()}_{word}": RETURNS_WEBHOOK_KEY
        for word in ("WEBHOOK_SIGNING_KEY", "WEBHOOK_KEY", "SIGNING_SECRET", "INBOUND_SECRET")
    }
LETTER_FILES_BYTES: int = env["LETTER_FILES_BYTES"]
DKIM_DIR = env["DKIM_DIR"]
RELAY_URL: str = env["RELAY_URL"]
RELAY_KEY: str = env["RELAY_KEY"]
RELAY_TIMEOUT: int = env["RELAY_TIMEOUT"]
LETTERS_PER_DOMAIN_A_MINUTE: int = env["LETTERS_PER_DOMAIN_A_MINUTE"]
NEWS_MAILS_A_MINUTE: int = env["NEWS_MAILS_A_MINUTE"]

# --- Bots: who asks too much waits (docs/decisions/0012-limits-wait.md)

LIMITS_URL: str = env["LIMITS_URL"]
CLIENT_ADDRESS_HEADER: str = env["CLIENT_ADDRESS_HEADER"]
TOR_EXITS_FILE = env["TOR_EXITS_FILE"]
FLOOD_REQUESTS_A_MINUTE: int = env["FLOOD_REQUESTS_A_MINUTE"]
DOMAIN_MAILS_AN_HOUR: int = env["DOMAIN_MAILS_AN_HOUR"]
DISPOSABLE_ADDRESSES: str = env["DISPOSABLE_ADDRESSES"]

# --- Languages

LANGUAGE_CODE = FIRST
LANGUAGES = languages_of(CAMPAIGN)
# The second corrects names of countries and months that the packages lack or have otherwise.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "names"]
FORMAT_MODULE_PATH = ["campaign.formats"]
# ISO 3166 has no code for it; its people live somewhere all the same. CLDR's is XK.
COUNTRIES_OVERRIDE = {"XK": country_name("Kosovo")}
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files

STATIC_URL = "static/"
# A campaign's own files, such as img/mark.svg, stand in for the site's.
STATICFILES_DIRS = [
    *([CONTENT_DIR / "static"] if (CONTENT_DIR / "static").is_dir() else []),
    BASE_DIR / "static",
]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "petitions.web.bundles.BundleFinder",
]
STATIC_ROOT = env["STATIC_ROOT"]
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

# --- Logs: events with ids, never people (campaign/logs.py)

LOGGING = logging_settings(role=str(ROLE), as_json=env["LOG_FORMAT"] == "json")

# --- What Prometheus reads

METRICS_TOKEN: str = env["METRICS_TOKEN"]

# --- How organizers get in (docs/decisions/0026-two-factors.md)

SECOND_FACTOR: str = env["SECOND_FACTOR"]
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

# --- Exports

EXPORTS_NEED_APPROVAL: bool = env["EXPORTS_NEED_APPROVAL"]

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
