"""The environment, read once, typed, and refused when unsafe.

docs/configuration.md lists it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

REPOSITORY = Path(__file__).resolve().parents[1]
EMBEDDED, PRODUCTION = "embedded", "production"
SHORTEST_KEY = 50


def refuse(variable: str, why: str) -> ImproperlyConfigured:
    """Return the one message that names the variable and what to do."""
    return ImproperlyConfigured(f"SRM cannot start: {variable} {why}")


@dataclass(frozen=True)
class Environment:
    """What the environment says.

    Each property raises ImproperlyConfigured where it cannot stand.
    """

    variables: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """Return a variable without surrounding space."""
        return self.variables.get(name, default).strip() or default

    def number(self, name: str, default: int) -> int:
        """Return a whole number of at least one."""
        text = self.text(name, str(default))
        if not text.isdecimal() or int(text) < 1:
            raise refuse(name, f"is {text!r}; it must be a whole number of at least 1.")
        return int(text)

    def words(self, name: str) -> list[str]:
        """Return the parts of a list with commas."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    @cached_property
    def mode(self) -> str:
        """Return `embedded` or `production`.

        Naming a database or a broker means production.
        """
        named = self.text("DATABASE_URL") or self.text("BROKER_URL")
        mode = self.text("SRM_MODE", PRODUCTION if named else EMBEDDED)
        if mode not in {EMBEDDED, PRODUCTION}:
            raise refuse("SRM_MODE", f"is {mode!r}; it must be {EMBEDDED} or {PRODUCTION}.")
        return mode

    @property
    def is_production(self) -> bool:
        """Say whether unsafe defaults are refused."""
        return self.mode == PRODUCTION

    @cached_property
    def data_dir(self) -> Path:
        """Return the one folder of the embedded default, created where it is missing."""
        folder = (
            REPOSITORY / Path(self.text("SRM_DATA_DIR", "var")).expanduser()
        ).resolve()
        if not self.is_production:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise refuse(
                    "SRM_DATA_DIR", f"{folder} cannot be made: {error.strerror}."
                ) from None
        return folder

    def folder(self, name: str) -> Path:
        """Return a folder below the data folder, created where it is missing."""
        folder = self.data_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def secret_key(self) -> str:
        """Return the key that signs sessions; the embedded default makes and keeps its own.
        """
        key = self.text("SECRET_KEY")
        if not key and not self.is_production:
            return _kept_secret(self.folder("keys") / "secret_key")
        if (
            len(key) < SHORTEST_KEY
            or len(set(key)) < 5
            or key.startswith("django-insecure")
        ):
            raise refuse(
                "SECRET_KEY", f"must be random and hold at least {SHORTEST_KEY} characters."
            )
        return key

    @cached_property
    def allowed_hosts(self) -> list[str]:
        """Return the names under which SRM answers."""
        hosts = self.words("SRM_ALLOWED_HOSTS")
        if not self.is_production:
            return hosts or ["localhost", "127.0.0.1", "[::1]"]
        if not hosts or "*" in hosts:
            raise refuse(
                "SRM_ALLOWED_HOSTS", "must name the hosts SRM answers to, never *."
            )
        return hosts

    @cached_property
    def base_url(self) -> str:
        """Return the address that mails and exports link to."""
        url = self.text("SRM_BASE_URL", f"http://127.0.0.1:{self.number('PORT', 8000)}")
        if self.is_production and urlsplit(url).scheme != "https":
            raise refuse(
                "SRM_BASE_URL", "must be the public address and begin with https://."
            )
        return url.rstrip("/")

    @cached_property
    def trusted_proxies(self) -> list[str]:
        """Return the networks whose X-Forwarded headers are believed."""
        networks = self.words("SRM_TRUSTED_PROXIES")
        for network in networks:
            try:
                ip_network(network)
            except ValueError:
                raise refuse(
                    "SRM_TRUSTED_PROXIES",
                    f"holds {network!r}, which is not an address or network.",
                ) from None
        return networks

    @cached_property
    def time_zone(self) -> str:
        """Return the organisation's time zone."""
        zone = self.text("SRM_TIME_ZONE", "UTC")
        if zone not in available_timezones():
            raise refuse(
                "SRM_TIME_ZONE", f"is {zone!r}; it must be a zone like Europe/Berlin."
            )
        return zone

    @cached_property
    def database(self) -> dict[str, Any]:
        """Return Django's description of the database.

        The role that owns the tables migrates.
        """
        url = self.text("DATABASE_URL")
        if not url and not self.is_production:
            return _sqlite(self.data_dir / "srm.sqlite3")
        if not url:
            raise refuse("DATABASE_URL", "is missing; name a PostgreSQL database.")
        owner = self.text("MIGRATION_DATABASE_URL")
        if owner and self.text("SRM_AS_OWNER"):
            url = owner
        return self._server_database(url)

    def _server_database(self, url: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = dict(environ.Env.db_url_config(url))
        except (ValueError, ImproperlyConfigured):
            raise refuse(
                "DATABASE_URL", "is not an address like postgres://user@host/name."
            ) from None
        if found.get("ENGINE", "").endswith("sqlite3") and not self.is_production:
            return _sqlite(Path(found["NAME"]))
        if not found.get("ENGINE", "").endswith("postgresql"):
            raise refuse("DATABASE_URL", "must name a PostgreSQL database.")
        return {
            **found,
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 5, **found.get("OPTIONS", {})},
        }

    @cached_property
    def broker(self) -> str:
        """Return the broker's address; empty for the folder of the embedded default."""
        url = self.text("BROKER_URL")
        if not url and not self.is_production:
            return ""
        self._check_redis("BROKER_URL", url)
        return url

    @cached_property
    def cache(self) -> str:
        """Return the address of the shared cache; empty for the database's."""
        url = self.text("CACHE_URL")
        if url:
            self._check_redis("CACHE_URL", url)
        return url

    def _check_redis(self, name: str, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
            raise refuse(name, "must name a Redis server: redis://:password@host:6379/0.")
        local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if self.is_production and not local and not parts.password:
            raise refuse(name, "has no password: Redis on another host must ask for one.")

    @cached_property
    def storage(self) -> tuple[str, dict[str, Any]]:
        """Return the storage backend of uploaded files and its options."""
        url = self.text("STORAGE_URL")
        if not url and not self.is_production:
            return _folder_storage(self.folder("files"))
        parts = urlsplit(url)
        if parts.scheme == "file" and parts.path:
            return _folder_storage(Path(parts.path))
        if parts.scheme == "s3" and parts.hostname:
            return _bucket(parts.hostname, parts.path, parts.query)
        raise refuse(
            "STORAGE_URL", "must be s3://bucket/prefix?region=… or file:///folder."
        )

    @cached_property
    def email(self) -> dict[str, Any]:
        """Return Django's e-mail settings; the embedded default writes files."""
        url = self.text("EMAIL_URL")
        if not url and not self.is_production:
            return {
                "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
                "EMAIL_FILE_PATH": str(self.folder("mail")),
            }
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
            raise refuse(
                "EMAIL_URL", "must be smtp+tls://user:password@host:587 or smtps://…:465."
            )
        found = environ.Env.email_url_config(url)
        return {**found, "EMAIL_TIMEOUT": 15}


def _kept_secret(path: Path) -> str:
    """Return the secret in a file that only its owner reads, made on first use."""
    try:
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
        ) as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text()


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            # A deferred transaction that turns into a writer fails at once under
            # contention.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # recursive_triggers: else INSERT OR REPLACE passes the append-only triggers.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON",
        },
    }


def _folder_storage(folder: Path) -> tuple[str, dict[str, Any]]:
    return "django.core.files.storage.FileSystemStorage", {"location": str(folder)}


def _bucket(name: str, prefix: str, query: str) -> tuple[str, dict[str, Any]]:
    options: dict[str, Any] = {
        "bucket_name": name,
        "location": prefix.strip("/"),
        "default_acl": None,
        "file_overwrite": False,
        "querystring_expire": 60,
        # The library signs with version 2 in us-east-1 unless told otherwise.
        "signature_version": "s3v4",
    }
    known = {"region": "region_name", "endpoint": "endpoint_url"}
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        if key == "kms":
            options["object_parameters"] = {
                "ServerSideEncryption": "aws:kms",
                "SSEKMSKeyId": value,
            }
        elif key in known:
            options[known[key]] = value
        else:
            raise refuse("STORAGE_URL", f"has {key!r}; it knows region, endpoint and kms.")
    return "storages.backends.s3.S3Storage", options


def read() -> Environment:
    """Return the environment of this process."""
    return Environment(dict(os.environ))
