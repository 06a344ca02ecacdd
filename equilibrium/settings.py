"""All configuration, read once from the environment. Every variable is listed in `.env.example` with its meaning.

Sections: the house · people · database and caches · API · security · mail · jobs · logs and metrics · pages · COT.
"""

from __future__ import annotations

import importlib.util
import logging
from contextlib import suppress
from datetime import timedelta
from email.utils import formataddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from corsheaders.defaults import default_headers
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core import logs
from core.environment import Environment, refuse_weak_secrets, sqlite_path
from equilibrium import __version__

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
with suppress(OSError):  # what must write there says so itself
    VAR_DIR.mkdir(exist_ok=True)

environ.Env.read_env(BASE_DIR / ".env")
env = Environment()

# ---- The house

ENV = env.choice("ENV", "local", ["local", "dev", "prod"])
LOCAL = ENV == "local"
APP_NAME = env.text("APP_NAME", "Equilibrium")
DEBUG = env.flag("DEBUG", False)
VERSION = __version__
# A local installation makes its own once: there is no default anybody could look up here.
SECRET_KEY = env.secret("SECRET_KEY", made_in=VAR_DIR if LOCAL else None)
JWT_SECRET_KEY = env.secret("JWT_SECRET_KEY", made_in=VAR_DIR if LOCAL else None)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# What second factors are made of outlives a lost SECRET_KEY. Without a key of its own it is encrypted under that one.
MFA_KEY = env.secret("MFA_KEY", made_in=VAR_DIR if LOCAL else None)
MFA_KEY_FALLBACKS = env.words("MFA_KEY_FALLBACKS")
if not LOCAL:
    refuse_weak_secrets(
        {"SECRET_KEY": SECRET_KEY, "JWT_SECRET_KEY": JWT_SECRET_KEY}
        | ({"MFA_KEY": MFA_KEY} if MFA_KEY else {})
    )
    if DEBUG:
        raise ImproperlyConfigured("DEBUG must be off unless ENV=local.")

API_HOST = env.text("API_HOST", "127.0.0.1")
API_PORT = env.port("API_PORT", 8000)
BACKEND_URL = env.url("BACKEND_URL", "") or f"http://localhost:{API_PORT}"
APP_URL = env.url("APP_URL", "") or f"http://localhost:{API_PORT}"
EXTRA_HOSTS = env.words("EXTRA_HOSTS")
# Who is not told of a proxy believes no X-Forwarded-For: limits could be dodged by writing one.
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0)
DEMO_DATA = env.flag("DEMO_DATA", True)

INSTALLED_APPS = [
    "equilibrium",
    "core",
    "accounts",
    "cot",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # the stock app would also serve what the chart library's wheel carries beside its script
    "equilibrium.apps.StaticFiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "anymail",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "lucide",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "core.middleware.RequestLog",
    # what adds headers stands outside of what answers: static files and errors carry them too
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.middleware.permissions_policy",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.kept_by_nobody",
    "corsheaders.middleware.CorsMiddleware",
    # outside of the errors, so that they are compressed too
    "django.middleware.gzip.GZipMiddleware",
    "core.middleware.ApiErrors",
    "core.middleware.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.bridge.presence.last_seen",
    "django_htmx.middleware.HtmxMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "equilibrium.urls"
ASGI_APPLICATION = "equilibrium.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    # parsed once a process: a page includes dozens of templates
                    "django.template.loaders.cached.Loader",
                    [
                        "core.template_loader.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "equilibrium.context.shell",
            ],
        },
    }
]

# ---- People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.bridge.backends.PersonBackend"]
# SHA-256 first: bcrypt alone reads 72 bytes, and two long passwords could be one.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "accounts.passwords.MaximumLength", "OPTIONS": {"limit": 128}},
    {"NAME": "accounts.passwords.UpperLowerDigit"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "username"]},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

# Rights that can be granted before their app stands; a word leaves this list when an app names it in its Module.
PLANNED_MODULES = {"journal": _("Journal"), "trading": _("Paper trading"), "signals": _("Signals")}
DEFAULT_ROLE = env.text("DEFAULT_ROLE", "user")
DEFAULT_PERMISSIONS = env.words("DEFAULT_PERMISSIONS", ["cot", "journal", "trading", "signals"])
SIGNUP_APPROVAL_REQUIRED = env.flag("SIGNUP_APPROVAL_REQUIRED", False)
ADMIN_EMAIL = env.text("ADMIN_EMAIL")
ADMIN_PASSWORD = env.text("ADMIN_PASSWORD")
ADMIN_NOTIFICATION_EMAIL = env.text("ADMIN_NOTIFICATION_EMAIL")
ADMIN_STATS_TIMEZONE = env.zone("ADMIN_STATS_TIMEZONE", "Europe/Kyiv")
REQUIRE_ADMIN_MFA = env.flag("REQUIRE_ADMIN_MFA", False)

ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_ADAPTER = "accounts.bridge.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]
# Names are unique without case by a constraint of ours; people keep the spelling they chose.
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Nobody learns from an answer whether an address has an account.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = False  # our own letters tell of changes
# The address is the identity; a second one would be a second way in.
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_RATE_LIMITS = {
    "signup": "20/h/ip",
    "confirm_email": "20/h/ip",
    "request_login_code": "20/h/ip",
    "reset_password": "20/h/ip",
    "try_code": "30/15m/ip",
    "refresh": "30/m/ip",
}
# Where an app may have its one-use code sent: addresses of its own, by their exact text.
OAUTH_APP_REDIRECTS = env.words("OAUTH_APP_REDIRECTS")
OAUTH_KEYS = {
    "google": (env.text("OAUTH_GOOGLE_CLIENT_ID"), env.text("OAUTH_GOOGLE_CLIENT_SECRET")),
    "github": (env.text("OAUTH_GITHUB_CLIENT_ID"), env.text("OAUTH_GITHUB_CLIENT_SECRET")),
    "linkedin": (env.text("OAUTH_LINKEDIN_CLIENT_ID"), env.text("OAUTH_LINKEDIN_CLIENT_SECRET")),
}
# Both are ready-made OpenID Connect; GitHub is not, and has allauth's own provider.
OIDC_SERVERS = {
    "google": ("Google", "https://accounts.google.com"),
    "linkedin": ("LinkedIn", "https://www.linkedin.com/oauth"),
}
SOCIALACCOUNT_PROVIDERS = {
    "github": {
        "SCOPE": ["read:user", "user:email"],
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {"provider_id": "github", "client_id": client, "secret": secret}
            for name, (client, secret) in OAUTH_KEYS.items()
            if name == "github" and client and secret
        ],
    },
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": name,
                "name": OIDC_SERVERS[name][0],
                "client_id": client,
                "secret": secret,
                "settings": {"server_url": OIDC_SERVERS[name][1]},
            }
            for name, (client, secret) in OAUTH_KEYS.items()
            if name in OIDC_SERVERS and client and secret
        ],
    },
}
SOCIALACCOUNT_ADAPTER = "accounts.bridge.social.SocialAdapter"
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True  # before a provider is connected or disconnected
# Only addresses the provider vouches for (accounts.bridge.social refuses the others).
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = APP_NAME
MFA_ADAPTER = "accounts.bridge.mfa.MfaAdapter"
MFA_FORMS = {
    "authenticate": "accounts.bridge.forms.SecondFactor",
    "reauthenticate": "accounts.bridge.forms.FreshProof",
    "activate_totp": "accounts.bridge.forms.ConfirmApp",
    "add_webauthn": "accounts.bridge.forms.NewPasskey",
}

JWT_REFRESH_TOKEN_EXPIRE_DAYS = env.whole("JWT_REFRESH_TOKEN_EXPIRE_DAYS", 7, least=1)
# How long a client whose answer was lost may ask again; zero ends the sign-in of everybody whose line breaks.
REFRESH_GRACE_SECONDS = env.whole("REFRESH_GRACE_SECONDS", 10)
SIMPLE_JWT = {
    "ALGORITHM": env.choice("JWT_ALGORITHM", "HS256", ["HS256", "HS384", "HS512"]),
    "SIGNING_KEY": JWT_SECRET_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(
        minutes=env.whole("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", 15, least=1)
    ),
    "USER_ID_CLAIM": "sub",
}

# ---- Database and caches

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_URL = env.service("DATABASE_URL", "postgres", "postgresql", "sqlite")
DB_PATH = BASE_DIR / (sqlite_path(DATABASE_URL) or env.text("DB_PATH", "var/app.db"))
# How many web processes open a pool each; gunicorn reads the first of the two itself.
WEB_CONCURRENCY = env.whole("WEB_CONCURRENCY", 4, least=1)
WEB_REPLICAS = env.whole("WEB_REPLICAS", 1, least=1)
# Three seconds: a pool that runs dry is a 503 at once, not a queue that grows.
DB_POOL = {
    "min_size": env.whole("DB_POOL_MIN", 2),
    "max_size": env.whole("DB_POOL_MAX", 20, least=1),
    "timeout": 3,
}
if DATABASE_URL and not sqlite_path(DATABASE_URL):
    database = environ.Env.db_url_config(DATABASE_URL)
    database["HOST"] = unquote(database["HOST"])  # a socket's folder comes as %2Ffolder
    database["CONN_HEALTH_CHECKS"] = (
        True  # after a restart of the database the next request reconnects
    )
    # `asgi.py` adds the statement time-out: a page may not run for half a minute, a job may
    database["OPTIONS"] = {**database.get("OPTIONS", {}), "pool": DB_POOL, "connect_timeout": 5}
else:
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DB_PATH),
        "OPTIONS": {
            # a transaction that reads first and writes later would fail on the second writer at once
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint=16000;",
        },
    }
DATABASES = {"default": database}

REDIS_URL = env.service("REDIS_URL", "redis", "rediss", "unix")
CACHES: dict[str, dict[str, Any]] = {
    # counters of limits, which all processes share
    "default": {"BACKEND": "core.cache_backends.DatabaseJson"},
    # computed answers, which each process may hold for itself
    "data": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 256},
    },
}
if REDIS_URL:
    CACHES = {
        alias: {
            "BACKEND": "core.cache_backends.GuardedRedis",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": f"equilibrium:{alias}",
            "OPTIONS": {"spare": spare},
        }
        for alias, spare in (
            ("default", "core.cache_backends.DatabaseJson"),
            ("data", "django.core.cache.backends.dummy.DummyCache"),
        )
    }

# ---- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.proofs.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.JsonParser"],
    "DEFAULT_PAGINATION_CLASS": "core.api.ItemsPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "core.api.PersonThrottle",
        "core.api.AddressThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.rate("THROTTLE_USER", "100/min"),
        "anon": env.rate("THROTTLE_ANON", "30/min"),
    },
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "core.api.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": APP_NAME,
    "DESCRIPTION": "Positioning of the large players, journal, paper trading and signals.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "core.schema.document_errors",
        "equilibrium.examples.document_examples",
    ],
}

# ---- Security

ALLOWED_HOSTS = [
    *("localhost", "127.0.0.1", "[::1]"),
    *(str(urlsplit(url).hostname) for url in (BACKEND_URL, APP_URL)),
    *EXTRA_HOSTS,
]
CSRF_TRUSTED_ORIGINS = [BACKEND_URL, APP_URL, *(f"https://{host}" for host in EXTRA_HOSTS)]
CSRF_FAILURE_VIEW = "core.error_pages.csrf_failure"
CSRF_COOKIE_HTTPONLY = True
if not LOCAL:  # a browser takes these names only from this very host, over TLS
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not LOCAL
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
if ENV == "prod":
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy that holds the certificate redirects; doing it here too can only loop
    "security.W021",  # entering the browsers' preload list is the operator's decision
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

SIGN_IN_ORIGINS = {
    "google": "https://accounts.google.com",
    "github": "https://github.com",
    "linkedin": "https://www.linkedin.com",
}


def csp_source(address: str) -> str:
    """How a policy names where an address belongs: its origin, or the scheme that an app has for itself."""
    parts = urlsplit(address)
    web = parts.scheme in ("http", "https")
    return f"{parts.scheme}://{parts.netloc}" if web else f"{parts.scheme}:"


CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "form-action": [
            SELF,
            *(origin for name, origin in SIGN_IN_ORIGINS.items() if all(OAUTH_KEYS[name])),
            # the form of the second factor ends at the app
            *(csp_source(address) for address in OAUTH_APP_REDIRECTS),
        ],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
CORS_ALLOWED_ORIGINS = env.words(
    "API_CORS_ORIGINS", ["http://localhost", "http://localhost:3000", "http://localhost:5173"]
)
if "*" in CORS_ALLOWED_ORIGINS:
    raise ImproperlyConfigured(
        "API_CORS_ORIGINS must name each origin: with cookies allowed, * would be everybody."
    )
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_HEADERS = [*default_headers, "x-client"]
CORS_EXPOSE_HEADERS = ["Retry-After", "X-Request-ID"]

# ---- Mail

EMAIL_PROVIDER = env.choice("EMAIL_PROVIDER", "", ["resend", "brevo", "smtp", "console", "none"])
EMAIL_FROM = env.text("EMAIL_FROM", "noreply@localhost")
EMAIL_FROM_NAME = env.text("EMAIL_FROM_NAME", "Equilibrium")
EMAIL_TIMEOUT = 10
MAIL_DIR = VAR_DIR / "mail"  # what would have been sent, on a machine without a mail provider
RESEND_API_KEY = env.text("RESEND_API_KEY")
BREVO_API_KEY = env.text("BREVO_API_KEY")
BREVO_SMTP_SERVER = env.text("BREVO_SMTP_SERVER")
BREVO_PORT = env.port("BREVO_PORT", 587)
BREVO_SENDER_EMAIL = env.text("BREVO_SENDER_EMAIL")
BREVO_SENDER_NAME = env.text("BREVO_SENDER_NAME")
SMTP_HOST = env.text("SMTP_HOST")
SMTP_PORT = env.port("SMTP_PORT", 587)
SMTP_USER = env.text("SMTP_USER")
SMTP_PASSWORD = env.text("SMTP_PASSWORD")
SMTP_STARTTLS = env.flag("SMTP_STARTTLS", True)

MAIL_PROVIDERS = {
    "resend": RESEND_API_KEY,
    "brevo": BREVO_API_KEY,
    "smtp": SMTP_HOST,
    "console": LOCAL,  # prints codes
}
EMAIL_PROVIDER = EMAIL_PROVIDER or next(
    (name for name, configured in MAIL_PROVIDERS.items() if configured), ""
)
if not EMAIL_PROVIDER:
    raise ImproperlyConfigured(
        "EMAIL_PROVIDER must be resend, brevo or smtp with its key or host, or none: "
        "outside ENV=local no mail is printed."
    )
if EMAIL_PROVIDER == "console" and not LOCAL:
    raise ImproperlyConfigured(
        "EMAIL_PROVIDER may be console with ENV=local only: it prints codes. Without mail it is none."
    )
if not (EMAIL_PROVIDER == "none" or MAIL_PROVIDERS[EMAIL_PROVIDER]):
    raise ImproperlyConfigured(f"EMAIL_PROVIDER is {EMAIL_PROVIDER}, which has no key or host.")
ANYMAIL = {"RESEND_API_KEY": RESEND_API_KEY, "BREVO_API_KEY": BREVO_API_KEY}
DEFAULT_FROM_EMAIL = formataddr((EMAIL_FROM_NAME, EMAIL_FROM))
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_USE_TLS = True
match EMAIL_PROVIDER:
    case "resend":
        EMAIL_BACKEND = "anymail.backends.resend.EmailBackend"
    case "brevo":
        DEFAULT_FROM_EMAIL = formataddr(
            (BREVO_SENDER_NAME or EMAIL_FROM_NAME, BREVO_SENDER_EMAIL or EMAIL_FROM)
        )
        EMAIL_HOST, EMAIL_PORT = BREVO_SMTP_SERVER, BREVO_PORT
        EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = "apikey", BREVO_API_KEY
        if not BREVO_SMTP_SERVER:
            EMAIL_BACKEND = "anymail.backends.brevo.EmailBackend"
    case "smtp":
        EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS = SMTP_HOST, SMTP_PORT, SMTP_STARTTLS
        EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SMTP_USER, SMTP_PASSWORD
    case "console":
        EMAIL_BACKEND = "accounts.letters.local_mail.LocalMail"
    case "none":
        EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# ---- Jobs

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL") or REDIS_URL or "filesystem://localhost"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker however long it is away
# A broker that is away or hangs costs who asks for a task a moment; the rest of the product goes on.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if CELERY_BROKER_URL.startswith(("redis", "unix")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1}
if CELERY_BROKER_URL.startswith("filesystem:"):
    BROKER_DIR = VAR_DIR / "broker"
    (BROKER_DIR / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT = "core.file_broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.2,
    }
CELERY_TASK_IGNORE_RESULT = True  # what a job did stands in its `JobRun`
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "core.beat:SingleScheduler"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
SCHEDULER_ENABLED = env.flag("SCHEDULER_ENABLED", True)
JOB_GRACE_SECONDS = env.whole("JOB_GRACE_SECONDS", 3600)
CELERY_BEAT_CRON_STARTING_DEADLINE = JOB_GRACE_SECONDS

# ---- Logs and metrics

# Elsewhere whatever runs the processes (containers, systemd) keeps what they print.
LOG_FOLDER = env.text("LOG_DIR") or ("var/logs" if LOCAL else "")
LOG_DIR = BASE_DIR / LOG_FOLDER if LOG_FOLDER else None
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])
DJANGO_STRUCTLOG_CELERY_ENABLED = (
    True  # lines of a task carry the id of the request that asked for it
)
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
LOGGING = logs.configure(
    level=LOG_LEVEL, folder=LOG_DIR, readable=DEBUG, console=env.flag("LOG_CONSOLE", True)
)
METRICS_ALLOWED_NETWORKS = env.networks("METRICS_ALLOWED_NETWORKS", ["127.0.0.0/8", "::1/128"])
METRICS_TOKEN = env.text("METRICS_TOKEN")
PROMETHEUS_EXPORT_MIGRATIONS = False

# ---- Pages

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("uk", "Українська")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True


def wheel_folder(package: str, folder: str) -> Path:
    """The folder of an installed wheel that holds front-end files, found without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImproperlyConfigured(f"The package {package} is not installed: run make install.")
    return Path(spec.submodule_search_locations[0], folder)


STATIC_URL = "/static/"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("plotly", wheel_folder("plotly", "package_data")),
    ("fonts/inter", wheel_folder("fontpkg_inter", "files")),
    ("fonts/jetbrains-mono", wheel_folder("fontpkg_jetbrains_mono", "files")),
    ("fonts/spectral", wheel_folder("fontpkg_spectral", "files")),
]
# Collected, hashed and compressed: by `up` at every start, elsewhere as part of the image, so not under var/, which
# outlives it. Where nobody collects, straight out of the wheels, and nothing collected earlier stands in the way.
COLLECTED = env.text("STATIC_ROOT") or ("" if LOCAL else "staticfiles")
STATIC_ROOT = str(BASE_DIR / COLLECTED) if COLLECTED else ""
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not COLLECTED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ---- COT

COT_YEARS = env.whole("COT_YEARS", 5, least=1)
COT_CROWDED_BUY = env.number("COT_CROWDED_BUY", 80)
COT_CROWDED_SELL = env.number("COT_CROWDED_SELL", 20)
if not COT_CROWDED_SELL < COT_CROWDED_BUY <= 100:
    raise ImproperlyConfigured(
        "COT_CROWDED_SELL must be below COT_CROWDED_BUY, and that at most 100."
    )
COT_SOURCE_DIR = env.text("COT_SOURCE_DIR")
CFTC_APP_TOKEN = env.text("CFTC_APP_TOKEN")
COT_KEEP_FILES = env.flag("COT_KEEP_FILES", True)
PUBLIC_BOARD = env.flag("PUBLIC_BOARD", True)
DATA_STALE_DAYS = env.whole("DATA_STALE_DAYS", 10)
HTTP_TIMEOUT = env.number("HTTP_TIMEOUT", 60)
HTTP_RETRIES = env.whole("HTTP_RETRIES", 3)
HTTP_RETRY_BACKOFF = env.number("HTTP_RETRY_BACKOFF", 2)
JSON_OUTPUT_DIR = env.folder("JSON_OUTPUT_DIR", BASE_DIR, "")
