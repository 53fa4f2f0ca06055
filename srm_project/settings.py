"""Settings of both modes, from the environment. DEBUG is never on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from csp.constants import NONCE, NONE, SELF
from kombu import Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from srm_project import logs
from srm_project.environment import REPOSITORY, read

ENVIRONMENT = read()
IS_PRODUCTION = ENVIRONMENT.is_production

DEBUG = False
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
BASE_URL = ENVIRONMENT.base_url
CSRF_TRUSTED_ORIGINS = [BASE_URL] if IS_PRODUCTION else []
ORGANIZATION_NAME = ENVIRONMENT.text("SRM_ORGANIZATION", "this organisation")

# --- Apps and what a request passes through ---

INSTALLED_APPS = [
    "srm_project.apps.WiringConfig",
    "evidence",
    "controls",
    "srm_project.apps.WorkspaceAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_structlog",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "srm_project.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "srm_project.middleware.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "srm_project.middleware.CompressionMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "srm_project.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "srm_project.middleware.SessionTimeoutMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "srm_project.urls"
WSGI_APPLICATION = "srm_project.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [REPOSITORY / "srm_project" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "srm_project.context.installation",
            ]
        },
    }
]

# --- Data ---

DATABASES = {"default": ENVIRONMENT.database, "snapshot": ENVIRONMENT.snapshot_database}
DATABASE_ROUTERS = ["controls.queries.snapshots.SnapshotRouter"]
APP_DATABASE_ROLE = ENVIRONMENT.app_role
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": ENVIRONMENT.cache,
            # The client's own three retries would make a frozen Redis cost five seconds.
            "OPTIONS": {
                "socket_timeout": 1,
                "socket_connect_timeout": 1,
                "retry": Retry(NoBackoff(), 0),
            },
        }
        if ENVIRONMENT.cache
        # Rate limits need a cache that all processes share.
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "srm_cache",
        }
    )
}

_storage, _options = ENVIRONMENT.storage
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": _storage, "OPTIONS": _options},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = str(
    REPOSITORY / "static-built" if IS_PRODUCTION else ENVIRONMENT.data_dir / "static"
)
STATICFILES_DIRS = [REPOSITORY / "srm_project" / "static"]
# Nothing of a request is kept in memory beyond this; evidence streams past it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
UPLOAD_MAX_BYTES = ENVIRONMENT.number("SRM_UPLOAD_MAX_MB", 100, most=5000) * 1024 * 1024
# Every file of a request goes straight to the store's tmp folder: one copy, one limit.
FILE_UPLOAD_HANDLERS = ["evidence.services.uploads.ReceivingHandler"]

# --- People and sessions ---

AUTH_USER_MODEL = "controls.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("email", "name")}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "srm_project.accounts.adapter.ClosedAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/ip,10/15m/key", "login": "60/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "SRM"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_TIMEOUT = timedelta(
    minutes=ENVIRONMENT.number("SRM_SESSION_IDLE_MINUTES", 180)
)
SESSION_ABSOLUTE_TIMEOUT = timedelta(
    minutes=ENVIRONMENT.number("SRM_SESSION_ABSOLUTE_MINUTES", 720)
)
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE_TIMEOUT.total_seconds())

# --- Transport ---

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
# Only believed since TrustedProxyMiddleware strips it from everybody else's requests.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    }
}

# --- Time and words ---

USE_TZ = True
TIME_ZONE = ENVIRONMENT.time_zone
LANGUAGE_CODE = "en"
USE_I18N = True
FORMAT_MODULE_PATH = ["srm_project.formats"]

# --- API ---

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "controls.api.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "controls.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # TrustedProxyMiddleware has already found the client's address.
    "NUM_PROXIES": 0,
    "EXCEPTION_HANDLER": "controls.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "SRM, the Shared Responsibility Manager",
    "DESCRIPTION": "Who does what for every control, and why.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "Kind": "controls.choices.Kind",
        "Answer": "controls.choices.Answer",
        "SystemKind": "controls.choices.SystemKind",
        "LayerScope": "controls.choices.LayerScope",
        "TokenScope": "controls.choices.TokenScope",
        "ServiceModel": "controls.choices.ServiceModel",
        "WorkflowState": "controls.choices.WorkflowState",
        "ReviewKind": "controls.choices.ReviewKind",
        "ReviewState": "controls.choices.ReviewState",
        "EvidenceKind": "evidence.choices.EvidenceKind",
        "VerdictState": "evidence.choices.VerdictState",
    },
}

# --- Background work: the database is the queue, messages are hints ---

_messages = None if ENVIRONMENT.broker else ENVIRONMENT.folder("queue/messages")
CELERY_BROKER_URL = ENVIRONMENT.broker or "filesystem://"
# kombu's own, but bytes on the queue that are no message do not end the worker.
CELERY_BROKER_TRANSPORT = (
    "srm_project.brokers:RedisTransport"
    if ENVIRONMENT.broker
    else "srm_project.brokers:FolderTransport"
)
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "data_folder_in": str(_messages),
        "data_folder_out": str(_messages),
        "control_folder": str(_messages.with_name("control")),
        "store_processed": False,
        "polling_interval": 0.2,
    }
    if _messages
    else {
        # A frozen Redis must not hold a web request for longer than a second.
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        # Without these two, messages of a killed worker come back after minutes only.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "visibility_timeout": 1200,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# A task that dies by a signal would run again without end.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_QUEUES = [Queue("celery"), Queue("exports")]
# A misspelt queue is an error, not a place where messages wait for ever.
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {
        "task": "controls.beat_heartbeat",
        "schedule": 30,
        # A stopped worker must not wake to a backlog.
        "options": {"expires": 25},
    },
    "queue-due-reminders": {
        "task": "controls.queue_due_reminders",
        "schedule": 60,
        "options": {"expires": 55},
    },
    "send-messages": {
        "task": "controls.send_messages",
        "schedule": 60,
        "options": {"expires": 55},
    },
    "sweep-store": {
        "task": "evidence.sweep_store",
        "schedule": 3600,
        "options": {"expires": 3500},
    },
}

# --- Mail and logs ---

EMAIL_TIMEOUT = 15
DIGEST_HOUR = ENVIRONMENT.number("SRM_DIGEST_HOUR", 7, least=0, most=23)
globals().update(ENVIRONMENT.email)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.from_email

LOGGING = logs.configuration(as_json=IS_PRODUCTION)
LOGGING_CONFIG = "logging.config.dictConfig"
logs.configure_structlog()
