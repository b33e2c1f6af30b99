"""All settings, read from the environment (and a .env file, which the environment overrides).

Two ways to run follow from what is set (docs/configuration.md): without REDIS_URL everything lives in one
process ("embedded"); without a Graph address and without a tenant, the emulator stands in for Microsoft Graph.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

from genthrust.env import Environment, database, is_loopback, writing
from genthrust.sign_in_settings import DOOR, providers, scopes, trouble
from genthrust.theme import BACK_OFFICE

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(BASE_DIR / ".env", override=False)
env = Environment()

DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "data")))
with writing(DATA_DIR):
    DATA_DIR.mkdir(parents=True, exist_ok=True)

REDIS_URL = env.redis_url("REDIS_URL")
EMBEDDED = not REDIS_URL
DEBUG = env.flag("DEBUG", default=False)
# Where people reach the program, for what leads to it from outside, such as entries in their Outlook.
SITE_URL = env.http_url("SITE_URL")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"))


def _kept_secret(path: Path, new: str) -> str:
    """A key of an embedded installation: made once, kept in the data folder, readable by its owner only.

    Of several processes that start at once, the first makes it, whole, and all take that one.
    """
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as made:
            made.write(new)
            made.flush()
            with contextlib.suppress(FileExistsError):
                os.link(made.name, path)
    return path.read_text()


SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not EMBEDDED:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. A deployment (REDIS_URL is set) needs one of its own."
        )
    with writing(DATA_DIR):
        SECRET_KEY = _kept_secret(DATA_DIR / "secret_key", secrets.token_urlsafe(50))


def _ca_file() -> Path | None:
    """The database's CA certificate as a file, which is the form in which the driver takes it."""
    pem = env.certificate("DATABASE_CA_CERT", "DATABASE_CA_CERT_BASE64")
    if not pem:
        return None
    path = DATA_DIR / "database-ca.pem"
    if not path.exists() or path.read_text() != pem:
        with writing(DATA_DIR):
            made = path.with_suffix(f".{os.getpid()}")
            made.write_text(pem)
            made.replace(path)  # at once: other processes read it whenever they connect
    return path


# Fernet keys of what is sealed in the database (people.sealing); the first seals, every one opens.
TOKEN_KEYS = env.fernet_keys("TOKEN_KEYS")
if not TOKEN_KEYS and EMBEDDED:
    with writing(DATA_DIR):
        TOKEN_KEYS = [_kept_secret(DATA_DIR / "token_key", Fernet.generate_key().decode())]


DATABASES = {
    "default": database(
        env.text("DATABASE_URL"), default_sqlite=DATA_DIR / "genthrust.sqlite3", ca_file=_ca_file()
    )
}
# The most connections that one process opens, whatever the load (genthrust.mysql); a container runs one process.
# The threads follow from it. In the web process Channels, the main thread and the metrics have one connection
# each, and two are spare; in a worker the assistant's threads have theirs, and each job renews its lease beside
# its work. Where all want one at once, genthrust.mysql makes them wait.
DATABASE_CONNECTIONS = env.integer("DATABASE_CONNECTIONS", 10, least=6, most=100)
HTTP_THREADS = min(8, DATABASE_CONNECTIONS - 5)
WORKER_THREADS = min(8, max(1, (DATABASE_CONNECTIONS - 6) // 2))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOCAL = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": LOCAL},
    # What was counted over all orders (repairs.book): a few hundred lists, each of a few kilobytes at most.
    "counted": {"BACKEND": LOCAL, "LOCATION": "counted", "TIMEOUT": 300, "OPTIONS": {"MAX_ENTRIES": 500}},
}

# Microsoft Graph. `demo-…` are the emulator's ids; they are never used with a real tenant.
GRAPH_BASE_URL = env.http_url("GRAPH_BASE_URL")
GRAPH_STATIC_TOKEN = env.header_token("GRAPH_STATIC_TOKEN")
AZURE_TENANT_ID = env.text("AZURE_TENANT_ID")
AZURE_CLIENT_ID = env.text("AZURE_CLIENT_ID")
AZURE_CLIENT_SECRET = env.text("AZURE_CLIENT_SECRET")
AZURE_CLIENT_CERTIFICATE = env.certificate("AZURE_CLIENT_CERTIFICATE", "AZURE_CLIENT_CERTIFICATE_BASE64")
AZURE_CLIENT_CERTIFICATE_PASSWORD = env.text("AZURE_CLIENT_CERTIFICATE_PASSWORD")
if AZURE_CLIENT_CERTIFICATE and "PRIVATE KEY-----" not in AZURE_CLIENT_CERTIFICATE:
    raise ImproperlyConfigured("AZURE_CLIENT_CERTIFICATE holds no private key beside the certificate.")
# How the program itself signs in (sync.graph.app_registration).
GRAPH_CREDENTIAL = env.choice("GRAPH_CREDENTIAL", "SECRET", ("SECRET", "CERTIFICATE", "MANAGED_IDENTITY"))
# Instead of as itself, the program works with the workbook and the shared mailbox as this account, which a person has
# signed in once (sync.signed_in).
GRAPH_ACT_AS = env.address("GRAPH_ACT_AS").lower()
GRAPH_EMULATED = not GRAPH_BASE_URL and not AZURE_TENANT_ID and GRAPH_CREDENTIAL != "MANAGED_IDENTITY"
MICROSOFT_LOGIN_URL = env.http_url("MICROSOFT_LOGIN_URL") or "https://login.microsoftonline.com"
SHAREPOINT_SITE_ID = env.text("SHAREPOINT_SITE_ID")
GRAPH_DRIVE_ID = env.text("GRAPH_DRIVE_ID", "demo-drive" if GRAPH_EMULATED else "")
EXCEL_WORKBOOK_ID = env.text("EXCEL_WORKBOOK_ID", "demo-workbook" if GRAPH_EMULATED else "")
if GRAPH_BASE_URL.startswith("http:") and not is_loopback(GRAPH_BASE_URL):
    raise ImproperlyConfigured("GRAPH_BASE_URL may use http only for this machine (127.0.0.1 or localhost).")
if GRAPH_STATIC_TOKEN and not is_loopback(GRAPH_BASE_URL):
    raise ImproperlyConfigured("GRAPH_STATIC_TOKEN is accepted only together with a loopback GRAPH_BASE_URL.")
GRAPH_ADDRESS = "sync.emulator.embedded.address" if GRAPH_EMULATED else ""

SYNC_LEASE_SECONDS = env.integer("SYNC_LEASE_SECONDS", 60, least=1, most=3600)
SYNC_SWEEP_SECONDS = 3

# Mail: the shared mailbox that everything is sent from, who gets a copy, and how long after an answer that got
# lost the mailbox is asked what became of the mail.
MAIL_FROM = env.address("MS_GRAPH_SHARED_MAILBOX", "repairs@genthrust.example" if GRAPH_EMULATED else "")
MAIL_CC = env.addresses("GENTHRUST_CC_EMAIL")
MAIL_RECONCILE_AFTER_SECONDS = env.integer("MAIL_RECONCILE_AFTER_SECONDS", 600, least=1, most=86_400)
COMPANY_NAME = "Genthrust XVII, LLC"

# The model behind drafts and the assistant (docs/assistant.md). Without a key everything works without one.
ANTHROPIC_API_KEY = env.header_token("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env.http_url("ANTHROPIC_BASE_URL") or "https://api.anthropic.com"
AI_MODEL = env.text("AI_MODEL", "claude-sonnet-5")
AI_TIMEOUT_SECONDS = env.integer("AI_TIMEOUT_SECONDS", 60, least=1, most=600)
AI_ANSWERS_AT_ONCE = env.integer("AI_ANSWERS_AT_ONCE", 4, least=1, most=50)  # in one worker process
AI_MOST_STEPS = env.integer("AI_MOST_STEPS", 10, least=1, most=50)
AI_TOKENS_A_DAY = env.integer("AI_TOKENS_A_DAY", 400_000, least=0, most=100_000_000)
AI_KEEP_DAYS = env.integer("AI_KEEP_DAYS", 90, least=1, most=3650)
AI_PRICE_IN = env.amount("AI_PRICE_IN", "3.00")  # US dollars for a million tokens
AI_PRICE_OUT = env.amount("AI_PRICE_OUT", "15.00")

# Documents of orders: where they are kept, and what may come in (repairs.document_files knows all types).
DOCUMENTS_DIR = DATA_DIR / "documents"
DOCUMENT_TYPES = env.some_of(
    "DOCUMENT_TYPES",
    ("pdf", "jpg", "jpeg", "png", "webp", "heic", "tif", "tiff", "docx", "xlsx", "msg", "eml", "txt", "csv"),
)
DOCUMENT_MAX_MB = env.integer("DOCUMENT_MAX_MB", 50, least=1, most=1000)
# What may be sent at once, all files together, and how long a browser may be silent in the middle of sending or
# taking something, in seconds (genthrust.receiving, genthrust.answering).
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_MB", 4 * DOCUMENT_MAX_MB, least=3, most=4000) * 1024**2
CLIENT_SECONDS = env.integer("CLIENT_SECONDS", 20, least=1, most=600)
# How long it is kept, in days, what is kept for a time only (genthrust.retention).
DOCUMENT_KEEP_DAYS = env.integer("DOCUMENT_KEEP_DAYS", 30, least=1, most=3650)
RUN_KEEP_DAYS = env.integer("RUN_KEEP_DAYS", 180, least=31, most=3650)
TRAIL_KEEP_DAYS = env.integer("TRAIL_KEEP_DAYS", 1095, least=90, most=36_500)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.microsoft",
    "channels",
    "csp",
    "django_dramatiq",
    "django_htmx",
    "people",
    "repairs",
    "sync",
    "notifications",
    "ai",
]
MIDDLEWARE = [
    "genthrust.metrics.Measured",
    "django.middleware.security.SecurityMiddleware",
    "genthrust.compression.CompressPages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "genthrust.policy.ContentSecurityPolicy",
    "genthrust.policy.PermissionsPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "genthrust.logs.LogsSayWho",  # before the gates, so that a refusal says whom it refused
    "genthrust.gate.GateForFiles",  # whatever may read a body comes after it
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "genthrust.error_pages.NotAllowedPage",
    "genthrust.gate.Gate",
    "genthrust.deadlocks.RepeatDeadlocks",
]
ROOT_URLCONF = "genthrust.urls"
ASGI_APPLICATION = "genthrust.asgi.application"
WSGI_APPLICATION = "genthrust.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "genthrust.context.shell",
            ],
        },
    },
]

# Sign-in through allauth: with Microsoft, in one tenant, and with local accounts (docs/signing-in.md). SIGN_UP lets in
# who comes for the first time. Allauth's own store of tokens stays off: people.microsoft keeps them sealed.
MICROSOFT_SIGN_IN = env.flag("MICROSOFT_SIGN_IN", default=False)
LOCAL_ACCOUNTS = env.flag("LOCAL_ACCOUNTS", default=GRAPH_EMULATED or not MICROSOFT_SIGN_IN)
SIGN_IN_CLIENT_ID = env.text("SIGN_IN_CLIENT_ID", AZURE_CLIENT_ID)
SIGN_IN_CLIENT_SECRET = env.text("SIGN_IN_CLIENT_SECRET", AZURE_CLIENT_SECRET)
SIGN_IN_SCOPES = scopes(env.text("SIGN_IN_SCOPES"))
SIGN_UP = env.choice("SIGN_UP", "INVITED", DOOR)
SIGN_UP_DOMAINS = [domain.lower().lstrip("@") for domain in env.words("SIGN_UP_DOMAINS")]
SIGN_UP_ROLE = env.choice("SIGN_UP_ROLE", "VIEWER", ("VIEWER", "TECHNICIAN", "OFFICE"))
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if GRAPH_ACT_AS and not MICROSOFT_SIGN_IN:
    raise ImproperlyConfigured("GRAPH_ACT_AS needs MICROSOFT_SIGN_IN: the account signs in like a person.")
if MICROSOFT_SIGN_IN:
    if told := trouble(
        tenant=AZURE_TENANT_ID,
        client_id=SIGN_IN_CLIENT_ID,
        secret=SIGN_IN_CLIENT_SECRET,
        login_url=MICROSOFT_LOGIN_URL,
        keys=TOKEN_KEYS,
        domains_missing=SIGN_UP == "DOMAINS" and not SIGN_UP_DOMAINS,
    ):
        raise ImproperlyConfigured(told)
    SOCIALACCOUNT_PROVIDERS = providers(
        tenant=AZURE_TENANT_ID,
        client_id=SIGN_IN_CLIENT_ID,
        secret=SIGN_IN_CLIENT_SECRET,
        scopes=SIGN_IN_SCOPES,
        login_url=MICROSOFT_LOGIN_URL,
        graph_url=GRAPH_BASE_URL,
    )
SOCIALACCOUNT_ADAPTER = "genthrust.microsoft.Door"
SOCIALACCOUNT_ONLY = not LOCAL_ACCOUNTS
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10  # seconds
AUTHENTICATION_BACKENDS = ["genthrust.permissions.RoleBackend"]
ACCOUNT_ADAPTER = "genthrust.accounts.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_LOGOUT_ON_GET = False
# Beside allauth's own limits: how often one network address may set out for Microsoft.
ACCOUNT_RATE_LIMITS = {"microsoft_start": "30/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", 0, least=0, most=10)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["genthrust.formats"]  # how the back office's own columns write dates
USE_TZ = True
COMPANY_TIME_ZONE = env.time_zone("COMPANY_TIME_ZONE", "America/New_York")
TIME_ZONE = COMPANY_TIME_ZONE
ENVIRONMENT_NAME = env.text("ENVIRONMENT_NAME", "Demo" if GRAPH_EMULATED else "Production")

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
with writing(STATIC_ROOT):
    STATIC_ROOT.mkdir(exist_ok=True)
# `collectstatic` compresses them once. Without it, in an embedded program, genthrust.compression does.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = EMBEDDED
WHITENOISE_AUTOREFRESH = DEBUG

UNFOLD = BACK_OFFICE
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # The form that leads to Microsoft is answered with a redirect there, which browsers hold to this as well.
        "form-action": [SELF, *([MICROSOFT_LOGIN_URL] if MICROSOFT_SIGN_IN else [])],
        "img-src": [SELF, "data:"],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SAMESITE = "Lax"
# A session is over so long after its sign-in, whatever is done in it (people.sessions). Who signs in with a password
# and does not ask to stay signed in is signed out with the browser.
SESSION_ENGINE = "people.sessions"
SESSION_COOKIE_AGE = env.integer("SESSION_HOURS", 14 * 24, least=1, most=90 * 24) * 3600

# Where the site is reached by https, which a server in front ends: it says so in X-Forwarded-Proto, and must overwrite
# what a browser sends there. Requests by http are sent on, except those of load balancers.
HTTPS = env.flag("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Being put on the browsers' own lists is for the owner of the whole domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# How much a form may hold. What is more is taken only where files are uploaded (genthrust.receiving).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
# Bodies and files on their way wait on the disk of the data, not in a container's memory.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "incoming"
with writing(DATA_DIR):
    FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "genthrust.uploads.TemporaryFile",
]

# Background work: the row is the job, a message is a doorbell (docs/decision-log.md).
DRAMATIQ_BROKER: dict[str, Any] = {
    "BROKER": "dramatiq.brokers.stub.StubBroker" if EMBEDDED else "genthrust.broker.DoorbellBroker",
    "OPTIONS": {} if EMBEDDED else {"url": REDIS_URL},
    # Without Retries, a message whose work failed is done with; the embedded broker would keep it for ever.
    "MIDDLEWARE": [
        "dramatiq.middleware.ShutdownNotifications",
        "dramatiq.middleware.CurrentMessage",
        "django_dramatiq.middleware.DbConnectionsMiddleware",
    ],
}
DRAMATIQ_AUTODISCOVER_MODULES = ["tasks"]
# Longer than the 5 s for which the layer waits in Redis for the next message; redis-py's own default is just that.
CHANNELS_REDIS = {"address": REDIS_URL, "socket_timeout": 20, "socket_connect_timeout": 2}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {"BACKEND": "genthrust.layers.OneLoopInMemoryChannelLayer"}
    if EMBEDDED
    else {"BACKEND": "genthrust.layers.KnowingRedisChannelLayer", "CONFIG": {"hosts": [CHANNELS_REDIS]}}
}

DEFAULT_EXCEPTION_REPORTER_FILTER = "genthrust.redaction.NoSecretsInReports"

# Where Prometheus finds the metrics of a process; 0 is nowhere.
METRICS_PORT = env.integer("METRICS_PORT", 0, least=0, most=65_535)

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "genthrust.redaction.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "genthrust.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("LOG_FORMAT", "LINE", ("LINE", "JSON")).lower(),
        }
    },
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", "INFO", LOG_LEVELS)},
    "loggers": {"httpx": {"level": "WARNING"}, "httpx2": {"level": "WARNING"}, "azure": {"level": "WARNING"}},
}
