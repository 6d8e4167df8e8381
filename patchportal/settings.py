"""The one settings file. Everything that differs between installations is read from the environment (env.py)."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from patchportal import env

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("PATCHPORTAL_DEBUG")
PLAIN_HTTP = DEBUG or env.flag("PATCHPORTAL_PLAIN_HTTP")
SECRET_KEY = env.text("PATCHPORTAL_SECRET_KEY")
if not SECRET_KEY:
    if not PLAIN_HTTP:
        raise ImproperlyConfigured("PATCHPORTAL_SECRET_KEY must be set to a long random text")
    SECRET_KEY = "for-plain-http-on-this-machine-only-" + "0" * 32
ALLOWED_HOSTS = env.words("PATCHPORTAL_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("PATCHPORTAL_ORIGINS")
# Where the links of messages lead; "" while nobody has said it.
PUBLIC_ORIGIN = next((origin for origin in CSRF_TRUSTED_ORIGINS if "*" not in origin), "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "policies",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages shrink to a fifth. The token in them differs each time, and so does their length: nothing to guess by.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "patchportal.urls"
WSGI_APPLICATION = "patchportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "policies.shell.shell",
            ],
        },
    },
    {
        "NAME": "rows",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "rows"],
        "OPTIONS": {"environment": "policies.jinja.environment"},
    },
]
# A step of the wizard has some forty controls, which Django's own templates draw slowly.
FORM_RENDERER = "django.forms.renderers.Jinja2"

DATABASES = {"default": env.database("DATABASE_URL", str(BASE_DIR / "patchportal.sqlite3"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
FORMAT_MODULE_PATH = "patchportal.formats"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = env.text("PATCHPORTAL_STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

SECURE_SSL_REDIRECT = not PLAIN_HTTP
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not PLAIN_HTTP
SECURE_HSTS_PRELOAD = not PLAIN_HTTP
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
if env.flag("PATCHPORTAL_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = not PLAIN_HTTP
CSRF_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
# A draft of seven steps is far below this; more is refused before it is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

AWS_ENDPOINT_URL = env.loopback_url("PATCHPORTAL_AWS_ENDPOINT")
ON_SANDBOX = bool(AWS_ENDPOINT_URL)
AWS_HOME_REGION = env.text("PATCHPORTAL_HOME_REGION", "us-east-1")
AWS_READ_ROLE_NAME = env.text("PATCHPORTAL_READ_ROLE_NAME", "PatchPortal-ReadOnly")
AWS_RUN_ROLE_NAME = env.text("PATCHPORTAL_RUN_ROLE_NAME", "PatchPortal-RunNow")
AWS_EXTERNAL_ID = env.text("PATCHPORTAL_EXTERNAL_ID", "patchportal")

COLLECT_SECONDS = env.seconds("PATCHPORTAL_COLLECT_SECONDS", 300)
TALLY_SECONDS = env.seconds("PATCHPORTAL_TALLY_SECONDS", 60)
SYNC_SECONDS = env.seconds("PATCHPORTAL_SYNC_SECONDS", 3600)
KEEP_DAYS = env.days("PATCHPORTAL_KEEP_DAYS", 90)
SWEEP_SECONDS = env.seconds("PATCHPORTAL_SWEEP_SECONDS", 30)
LEASE_SECONDS = env.seconds("PATCHPORTAL_LEASE_SECONDS", 120)

ALERT_SECONDS = env.seconds("PATCHPORTAL_ALERT_SECONDS", 300)
ALERT_COMPLIANCE_PERCENT = int(env.text("PATCHPORTAL_ALERT_COMPLIANCE_PERCENT", "90"))
WEBHOOKS_ANYWHERE = env.flag("PATCHPORTAL_WEBHOOKS_ANYWHERE")
EMAIL_HOST = env.text("PATCHPORTAL_SMTP_HOST", "localhost")
EMAIL_PORT = int(env.text("PATCHPORTAL_SMTP_PORT", "25"))
EMAIL_HOST_USER = env.text("PATCHPORTAL_SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("PATCHPORTAL_SMTP_PASSWORD")
EMAIL_USE_TLS = env.flag("PATCHPORTAL_SMTP_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("PATCHPORTAL_MAIL_FROM", "patchportal@localhost")

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_TASK_TIME_LIMIT = 540

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("PATCHPORTAL_LOG_LEVEL", "INFO")},
    "loggers": {"botocore": {"level": "WARNING"}, "urllib3": {"level": "WARNING"}},
}
