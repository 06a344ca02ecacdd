"""All configuration, read once from the environment. Every variable is listed in `.env.example`."""

from __future__ import annotations

import importlib.util
import secrets
from pathlib import Path

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
    assert spec is not None and spec.submodule_search_locations, package
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
    "allauth.headless",
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
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]

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
