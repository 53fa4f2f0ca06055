"""Settings of the tests:

SQLite and the folder broker, or what TEST_DATABASE_URL and TEST_BROKER_URL name.
"""

import os
import tempfile
from pathlib import Path

_folder = Path(tempfile.gettempdir()) / f"srm-tests-{os.getuid()}-{os.getppid()}"
_folder.mkdir(mode=0o700, exist_ok=True)
for _name in [name for name in os.environ if name.startswith("SRM_")]:
    del os.environ[_name]
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

# A slow hash is the point in production, and only waiting here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CONN_MAX_AGE = 0
WHITENOISE_AUTOREFRESH = True
