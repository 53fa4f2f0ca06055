"""Settings of the tests:

SQLite and the folder broker, or what TEST_DATABASE_URL and TEST_BROKER_URL name.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="srm-tests-"))
_process = os.getpid()


def _clean_up() -> None:
    # A forked child must not take the folder from its parent.
    if os.getpid() == _process:
        shutil.rmtree(_folder, ignore_errors=True)


atexit.register(_clean_up)
for _name in [name for name in os.environ if name.startswith("SRM_")]:
    del os.environ[_name]
for _name in ("MIGRATION_DATABASE_URL", "CACHE_URL", "STORAGE_URL", "EMAIL_URL", "PORT"):
    os.environ.pop(_name, None)
os.environ["SRM_MODE"] = "embedded"
os.environ["SRM_DATA_DIR"] = str(_folder)
for _theirs, _ours in (
    ("TEST_DATABASE_URL", "DATABASE_URL"),
    ("TEST_BROKER_URL", "BROKER_URL"),
):
    if os.environ.get(_theirs):
        os.environ[_ours] = os.environ[_theirs]
    else:
        os.environ.pop(_ours, None)

from srm_project.settings import *

# A file as in earnest, since SQLite in memory knows neither WAL nor a second process.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}  # noqa: F405
DATABASES["snapshot"]["TEST"] = {"MIRROR": "default"}  # noqa: F405
# A connection that a test leaves open would keep its database from being removed.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
# A request that asks the database once per row fails.
INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]  # noqa: F405
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]  # noqa: F405
# allauth reads and replaces the session several times while somebody signs in.
ZEAL_ALLOWLIST = [{"model": "sessions.Session", "field": "*"}]
# A slow hash is the point in production, and only waiting here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
WHITENOISE_AUTOREFRESH = True
