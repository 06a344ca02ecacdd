"""All configuration, read once from the environment. Every variable is listed in `.env.example`."""

from __future__ import annotations

import importlib.util
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
VAR_DIR.mkdir(exist_ok=True)

env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")


def local_secret(name: str) -> str:
    """The secret `name` from the environment; when ENV=local and none is set, one made once under `var/`."""
    value: str = env.str(name, default="")
    if value or ENV != "local":
        return value
    path = VAR_DIR / f"{name.lower()}.txt"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(0o600)
    return path.read_text().strip()


def wheel_folder(package: str, folder: str) -> Path:
    """The folder of an installed wheel that holds front-end files, found without importing the package."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations, package
    return Path(spec.submodule_search_locations[0], folder)


ENV = env.str("ENV", default="local")
APP_NAME = env.str("APP_NAME", default="Equilibrium")
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = local_secret("SECRET_KEY")
JWT_SECRET_KEY = local_secret("JWT_SECRET_KEY")

BACKEND_URL = env.str("BACKEND_URL", default="http://localhost:8000")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.list("EXTRA_HOSTS", default=[])]

INSTALLED_APPS = [
    "equilibrium",
    "accounts",
    "cot",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_celery_results",
    "lucide",
]
MIDDLEWARE = [
    "equilibrium.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "equilibrium.middleware.permissions_policy",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "equilibrium.middleware.ApiErrors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "equilibrium.urls"
ASGI_APPLICATION = "equilibrium.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
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

DATABASE_URL = env.str("DATABASE_URL", default="")
if DATABASE_URL:
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": env.str("DB_PATH", default=str(VAR_DIR / "app.db")),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    }
REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    # counters of limits, which all processes share
    "default": {"BACKEND": "equilibrium.cache_backends.DatabaseJson"},
    # computed answers, which each process may hold for itself
    "data": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}},
}
if REDIS_URL:
    CACHES = {
        alias: {
            "BACKEND": "equilibrium.cache_backends.GuardedRedis",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": f"equilibrium:{alias}",
            "OPTIONS": {"spare": spare},
        }
        for alias, spare in (
            ("default", "equilibrium.cache_backends.DatabaseJson"),
            ("data", "django.core.cache.backends.dummy.DummyCache"),
        )
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
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

DEFAULT_ROLE = env.str("DEFAULT_ROLE", default="user")
DEFAULT_PERMISSIONS = env.list("DEFAULT_PERMISSIONS", default=["cot", "journal", "trading", "signals"])
SIGNUP_APPROVAL_REQUIRED = env.bool("SIGNUP_APPROVAL_REQUIRED", default=False)
ADMIN_EMAIL = env.str("ADMIN_EMAIL", default="")
ADMIN_PASSWORD = env.str("ADMIN_PASSWORD", default="")
REQUIRE_ADMIN_MFA = env.bool("REQUIRE_ADMIN_MFA", default=False)

TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_TRUST_ENABLED = False
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_RATE_LIMITS = {
    "login_failed": "5/15m/ip,5/15m/key",
    "signup": "20/h/ip",
    "confirm_email": "20/h/ip,3/15m/key",
    "request_login_code": "20/h/ip,3/15m/key",
    "reset_password": "20/h/ip,3/15m/key",
    "try_code": "30/15m/ip",
    "refresh": "30/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = APP_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ENV == "local"

SIMPLE_JWT = {
    "ALGORITHM": env.str("JWT_ALGORITHM", default="HS256"),
    "SIGNING_KEY": JWT_SECRET_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", default=15)),
    "USER_ID_CLAIM": "sub",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["equilibrium.api.JsonParser"],
    "DEFAULT_PAGINATION_CLASS": "equilibrium.api.ItemsPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.AnonRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("THROTTLE_USER", default="100/min"),
        "anon": env.str("THROTTLE_ANON", default="30/min"),
    },
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "equilibrium.api.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Equilibrium",
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
        "drf_spectacular.hooks.postprocess_schema_enums",
        "equilibrium.schema.document_errors",
    ],
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("uk", "Українська")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("plotly", wheel_folder("plotly", "package_data")),
    ("fonts/inter", wheel_folder("fontpkg_inter", "files")),
    ("fonts/jetbrains-mono", wheel_folder("fontpkg_jetbrains_mono", "files")),
    ("fonts/spectral", wheel_folder("fontpkg_spectral", "files")),
]
WHITENOISE_USE_FINDERS = ENV == "local"

REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "filesystem://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL == "filesystem://":
    BROKER_DIR = VAR_DIR / "broker"
    (BROKER_DIR / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.2,
    }
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXPIRES = None  # our own `purge` removes old results
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "equilibrium.beat:SingleScheduler"
SCHEDULER_ENABLED = env.bool("SCHEDULER_ENABLED", default=True)
JOB_GRACE_SECONDS = env.int("JOB_GRACE_SECONDS", default=3600)
CELERY_BEAT_CRON_STARTING_DEADLINE = JOB_GRACE_SECONDS

API_HOST = env.str("API_HOST", default="127.0.0.1")
API_PORT = env.int("API_PORT", default=8000)
DEMO_DATA = env.bool("DEMO_DATA", default=ENV == "local")  # `up` loads it only where cftc.gov does not answer

COT_YEARS = env.int("COT_YEARS", default=5)
COT_CROWDED_BUY = env.float("COT_CROWDED_BUY", default=80)
COT_CROWDED_SELL = env.float("COT_CROWDED_SELL", default=20)
COT_SOURCE_DIR = env.str("COT_SOURCE_DIR", default="")
COT_KEEP_FILES = env.bool("COT_KEEP_FILES", default=True)
DATA_STALE_DAYS = env.int("DATA_STALE_DAYS", default=10)
HTTP_TIMEOUT = env.float("HTTP_TIMEOUT", default=60)
HTTP_RETRIES = env.int("HTTP_RETRIES", default=3)
HTTP_RETRY_BACKOFF = env.float("HTTP_RETRY_BACKOFF", default=2)
JSON_OUTPUT_DIR = env.str("JSON_OUTPUT_DIR", default=str(VAR_DIR / "export"))
