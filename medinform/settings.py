"""Settings, all from the environment (12factor); .env.example lists them with their meaning.

DEBUG is off unless asked for; what is not safe together refuses to start (guards.py). `make run` asks for DEBUG.
"""

import sys
from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from medinform import logs, sealing
from medinform.guards import refuse_unsafe

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # for a while after a change: the old one
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SECURE_TLS = env.bool("SECURE_TLS", default=not DEBUG)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
refuse_unsafe(debug=DEBUG, secret_key=SECRET_KEY, hosts=ALLOWED_HOSTS, secure_tls=SECURE_TLS, behind_proxy=BEHIND_PROXY)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

INSTALLED_APPS = [
    "django.contrib.admin",
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
    "allauth.usersessions",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "portal.audit",
    "portal.accounts",
    "portal.scans",
    "portal.analyses",
    "portal.reviews",
    "portal.questions",
    "portal.notifications",
    "portal.figures",
    "portal.records",
    "portal.storage",
    "portal.api",
    "portal.watch",
    "portal.demo",
]

MIDDLEWARE = [
    "portal.watch.middleware.WatchMiddleware",
    "medinform.proxy.RealAddress",
    "django.middleware.security.SecurityMiddleware",
    "medinform.headers.HardeningHeaders",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "medinform.compression.CompressPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.audit.middleware.RequestContextMiddleware",
    "portal.audit.middleware.RefusalsMiddleware",
    "portal.accounts.middleware.LanguageMiddleware",
    "portal.accounts.middleware.SessionLimits",
    "portal.accounts.middleware.SecondFactorRequired",
    "medinform.paths.NoNulInPath",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "medinform.urls"
WSGI_APPLICATION = "medinform.wsgi.application"
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
                "portal.notifications.context.unread",
            ],
            "builtins": ["django.templatetags.static", "django.templatetags.i18n"],
        },
    }
]

# --- database: PostgreSQL by DATABASE_URL, else SQLite as it behaves well with several processes (docs/architecture.md)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'medinform.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: broker and cache
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "medinform"}}

# --- people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "allauth.account.auth_backends.AuthenticationBackend"]
# The first makes new ones; what the others made is made anew at the next sign-in
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "Scrypt", "PBKDF2")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}  # type: ignore[assignment]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEBUG else "https"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a mail for every change of how one signs in
ACCOUNT_EMAIL_SUBJECT_PREFIX = "MEDINFORM: "
AGE_OF_MAJORITY = env.int("AGE_OF_MAJORITY", default=18)  # years; below it a parent or guardian uploads
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {"signup": "portal.accounts.even_signup.EvenSignupForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "MEDINFORM"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE_TLS  # http://localhost; browsers allow no other without TLS
# Practitioners and administrators do nothing before they have a second factor. Only a developer's machine (DEBUG) may leave it out
MFA_REQUIRED = not DEBUG or env.bool("MFA_REQUIRED", default=False)

# --- lock-out (django-axes): wrong passwords are counted by account and, with a higher limit since many may share one, by address
AXES_HANDLER = "portal.accounts.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_FAILURE_LIMIT = env.int("LOCKOUT_ACCOUNT_FAILURES", default=5)
LOCKOUT_ADDRESS_FAILURES = env.int("LOCKOUT_ADDRESS_FAILURES", default=30)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("LOCKOUT_MINUTES", default=15))
AXES_USERNAME_CALLABLE = "portal.accounts.lockout.account_of"
AXES_LOCKOUT_CALLABLE = "portal.accounts.lockout.answer"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # the audit is the log
AXES_ENABLE_ADMIN = False  # portal/accounts/locks_admin.py
AXES_SENSITIVE_PARAMETERS = ["login", "email", "code"]
ACCOUNT_RATE_LIMITS = {"login_failed": f"{LOCKOUT_ADDRESS_FAILURES}/15m/ip,5/5m/key"}  # also limits codes of the second factor

# --- sessions end when nobody has used them for a while, and in any case after a day's work
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=60)
SESSION_HOURS = env.int("SESSION_HOURS", default=12)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600

# --- mail: printed to the console unless EMAIL_URL names a server
vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="MEDINFORM <no-reply@localhost>")
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")

# --- files: uploads are private and only leave through a view; static files are served by whitenoise
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "medinform.storage.MediaStorage"},
    "staticfiles": {"BACKEND": "medinform.staticfiles.HashedModules"},
}
MEDIA_KEYS = env.list("MEDIA_KEYS", default=[])  # the first seals what is written, all open what is read (medinform/sealing.py)
BACKUP_KEY = env.str("BACKUP_KEY", default="")
try:
    sealing.ring(MEDIA_KEYS)
except sealing.SealError as error:
    raise ImproperlyConfigured(f"MEDIA_KEYS: {error}.") from error
ORPHAN_HOURS = env.int("ORPHAN_HOURS", default=24)  # a file that no row names is deleted when it is so old
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
UPLOAD_HOURS = env.int("UPLOAD_HOURS", default=24)  # how long a file that came in pieces waits to be asked about
DECODE_SECONDS = env.int("DECODE_SECONDS", default=30)  # that an uploaded picture may take to be opened, and the memory that it may
DECODE_MEMORY_MB = env.int("DECODE_MEMORY_MB", default=1536)
WORKER_MEMORY_MB = env.int("WORKER_MEMORY_MB", default=3072)  # of one process that answers
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

# --- Celery: late acks, prefetch 1, soft < hard time limit < visibility timeout
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_DB_REUSE_MAX = sys.maxsize  # not a new connection for each task: medinform/celery.py closes what is old or broken
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {f"portal.analyses.tasks.{name}": {"queue": "inference"} for name in ("run", "drain")}
CELERY_TASK_ROUTES["portal.watch.tasks.answer"] = {"queue": "inference"}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = env.int("TASK_SOFT_TIME_LIMIT", default=60)
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 15
WORKER_SILENT_SECONDS = env.int("WORKER_SILENT_SECONDS", default=CELERY_TASK_TIME_LIMIT * 3)  # medinform/deaf.py; 0: never
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_TASK_TIME_LIMIT * 4,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 3,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 120  # a child loads its models before it says that it is ready
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
MAIL_AGAIN_SECONDS = env.int("MAIL_AGAIN_SECONDS", default=300)  # a mail that is not out by then is sent again
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=15)
LOOK_SECONDS = env.int("LOOK_SECONDS", default=15)  # how often tasks look how things stand (portal/watch)
CELERY_BEAT_SCHEDULE = {
    "look": {"task": "portal.watch.tasks.look", "schedule": LOOK_SECONDS, "options": {"expires": LOOK_SECONDS * 2}},
    "answer": {"task": "portal.watch.tasks.answer", "schedule": LOOK_SECONDS, "options": {"expires": LOOK_SECONDS * 2, "priority": 0}},
    "look-at-models": {"task": "portal.watch.tasks.look_at_models", "schedule": 600, "options": {"expires": 600}},
    "sweep-analyses": {"task": "portal.analyses.tasks.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS * 4}},
    "discard-expired-uploads": {"task": "portal.scans.tasks.discard_expired_uploads", "schedule": 3600, "options": {"expires": 3000}},
    "release-expired-claims": {"task": "portal.reviews.tasks.release_expired", "schedule": 60, "options": {"expires": 240}},
    "remind-of-critical": {"task": "portal.reviews.tasks.remind_of_critical", "schedule": 60, "options": {"expires": 240}},
    "forget-old-drafts": {"task": "portal.reviews.tasks.forget_old_drafts", "schedule": 3600, "options": {"expires": 3000}},
    "tell-overdue-reviews": {"task": "portal.reviews.tasks.tell_overdue", "schedule": 60, "options": {"expires": 240}},
    "send-lost-emails": {"task": "portal.notifications.tasks.send_lost", "schedule": MAIL_AGAIN_SECONDS, "options": {"expires": 240}},
    "send-digests": {"task": "portal.notifications.tasks.send_digests", "schedule": 600, "options": {"expires": 600}},
    "discard-orphans": {"task": "portal.storage.tasks.discard_orphans", "schedule": crontab(hour="3", minute="20")},
    "keep-counts": {"task": "portal.figures.tasks.keep_counts", "schedule": 900, "options": {"expires": 900}},
    "erase-what-is-due": {"task": "portal.records.tasks.erase", "schedule": 900, "options": {"expires": 900}},
}

# --- audit: how often events are chained (portal/audit/chain.py); the lesser role that serves on PostgreSQL (manage.py grant_app_role)
AUDIT_SEAL_SECONDS = env.int("AUDIT_SEAL_SECONDS", default=10)
CELERY_BEAT_SCHEDULE["seal-audit"] = {
    "task": "portal.audit.tasks.seal",
    "schedule": AUDIT_SEAL_SECONDS,
    "options": {"expires": AUDIT_SEAL_SECONDS * 4},
}
APP_DATABASE_ROLE = env.str("APP_DATABASE_ROLE", default="")
APP_DATABASE_PASSWORD = env.str("APP_DATABASE_PASSWORD", default="")

# --- the queue of analyses
ANALYSIS_MAX_ATTEMPTS = 3
ANALYSIS_HEARTBEAT_SECONDS = env.int("ANALYSIS_HEARTBEAT_SECONDS", default=4)
ANALYSIS_LOST_AFTER_SECONDS = env.int("ANALYSIS_LOST_AFTER_SECONDS", default=20)  # a running row without a heartbeat for so long
ANALYSIS_RESEND_AFTER_SECONDS = env.int("ANALYSIS_RESEND_AFTER_SECONDS", default=60)  # a queued row that no worker has claimed
ANALYSES_WAITING = env.int("ANALYSES_WAITING", default=300)  # of one person at a time; 0: as many as they like
QUEUE_SECONDS = env.int("QUEUE_SECONDS", default=900)  # whoever would wait longer is asked to come back; 0: nobody is
REVIEW_CLAIM_MINUTES = 30
SIGN_RECHECK_MINUTES = max(1, env.int("SIGN_RECHECK_MINUTES", default=15))  # an older sign-in is checked before a signature
DRAFT_DAYS = env.int("DRAFT_DAYS", default=14)  # a draft that nobody touched for so long is deleted
QUESTIONS_AN_HOUR = env.int("QUESTIONS_AN_HOUR", default=10)  # messages of one patient
DIGEST_HOUR = env.int("DIGEST_HOUR", default=7)  # when a practitioner hears what waits, unless they chose another hour
COPIES_AN_HOUR = env.int("COPIES_AN_HOUR", default=6)  # of all of one person's data, for that person

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.accounts.authentication.ScopedTokenAuthentication",
        "portal.accounts.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "portal.api.parsers.ShallowJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "portal.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.ProblemAutoSchema",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "DEFAULT_VERSION": "v1",
    "ALLOWED_VERSIONS": ["v1"],
    "EXCEPTION_HANDLER": "portal.api.errors.problem",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("THROTTLE_ANON", default="120/min"),
        "user": env.str("THROTTLE_USER", default="3000/min"),
        "upload": env.str("THROTTLE_UPLOAD", default="1000/min"),
        "token": env.str("THROTTLE_TOKEN", default="20/min"),
    },
    "NUM_PROXIES": 0,  # by REMOTE_ADDR, which medinform/proxy.py has put right; never by what a client says
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105  what migrations ask for when something points at it
TOKEN_MOST_DAYS = env.int("TOKEN_MOST_DAYS", default=90)  # that a person may ask for when they make a token
REST_KNOX = {"TOKEN_TTL": timedelta(hours=env.int("TOKEN_HOURS", default=12)), "AUTO_REFRESH": False, "TOKEN_LIMIT_PER_USER": 20}
SPECTACULAR_SETTINGS = {
    "TITLE": "MEDINFORM",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Upload a scan, read the model's answer, and have it read by a practitioner. Decision support, not a diagnosis. "
    "Every error is an RFC 9457 problem: `application/problem+json` with `type, title, status, detail, code`.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "DiseaseEnum": "portal.analyses.models.DISEASE_CHOICES",
        "AnalysisStatus": "portal.analyses.models.Analysis.Status",
        "ReviewStatus": "portal.reviews.models.Review.Status",
        "ReviewUrgency": "portal.reviews.models.Urgency",
        "AdviceUrgency": "portal.reviews.models.Opinion.Urgency",
        "ReadingRole": "portal.reviews.models.Role",
        "QuestionState": "portal.questions.models.Question.State",
        "RetentionThen": "portal.records.models.RetentionPolicy.Then",
        "Sex": "portal.accounts.models.Sex",
        "Verification": "portal.accounts.models.Verification",
    },
}

# --- security: strict where TLS is expected, that is everywhere but on a developer's machine
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE_TLS
if SECURE_TLS:  # a browser takes these names only over TLS and from this very host: no other host or page can plant them
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "__Host-session", "__Host-csrf", "__Host-language"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own
SECURE_HSTS_SECONDS = 31536000 if SECURE_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        **{f"{kind}-src": [SELF] for kind in ("script", "style", "connect", "font", "manifest")},
        "img-src": [SELF, "data:", "blob:"],
        "form-action": [SELF],
        **{kind: [NONE] for kind in ("base-uri", "frame-ancestors", "object-src")},
        "upgrade-insecure-requests": SECURE_TLS,
    }
}
# Private files: by nginx, after the view has checked and audited (docs/server.md); empty: by the web process itself
X_ACCEL_PREFIX = env.str("X_ACCEL_PREFIX", default="")

# --- languages: by the person's own choice, else by the browser's. Another one is a folder more in locale/ and a line here
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("hi", "हिन्दी")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["medinform.formats"]  # where Django has none for a language
LANGUAGE_COOKIE_AGE = 365 * 86400
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

# --- watching: logs, metrics, readiness (docs/runbook.md)
LOG_FORMAT = env.str("LOG_FORMAT", default="line")  # line: for people; json: one object a line
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured("LOG_FORMAT is line or json.")
ACCESS_LOG = env.bool("ACCESS_LOG", default=LOG_FORMAT == "json")  # one line a request, by its route
LOGGING = logs.configuration(LOG_FORMAT, env.str("LOG_LEVEL", default="INFO"))
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # who sends it may read /metrics; without one there is no such page
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured("METRICS_TOKEN is too short to be a secret: 20 random characters or more.")
METRICS_DIR = Path(env.str("METRICS_DIR", default="") or VAR_DIR / "metrics")  # shared by all processes of one machine; best in memory
READY_SECONDS = env.int("READY_SECONDS", default=90)  # a worker that has not answered for so long does not count as there
