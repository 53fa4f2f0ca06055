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
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

REPOSITORY = Path(__file__).resolve().parents[1]
EMBEDDED, PRODUCTION = "embedded", "production"
SHORTEST_KEY = 50
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
# A server that is gone is noticed within seconds, and nobody waits for a lock for ever.
POSTGRESQL = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
    "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=10min",
}
REPEATABLE_READ = 3
"""psycopg.IsolationLevel, without loading psycopg where there is no PostgreSQL."""


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

    def number(
        self, name: str, default: int, *, least: int = 1, most: int = 1_000_000
    ) -> int:
        """Return a whole number, of at least one unless said otherwise."""
        text = self.text(name, str(default))
        if not text.isdecimal() or not least <= int(text) <= most:
            raise refuse(
                name, f"is {text!r}; it must be a whole number, {least} to {most}."
            )
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
        """Return the key that signs sessions; embedded, SRM makes and keeps its own."""
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
        port = self.number("PORT", 8000, most=65535)
        url = self.text("SRM_BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
        parts = _parts("SRM_BASE_URL", url)
        if self.is_production and (parts.scheme != "https" or not parts.hostname):
            raise refuse(
                "SRM_BASE_URL", "must be the public address and begin with https://."
            )
        if parts.path or parts.query or parts.fragment:
            raise refuse("SRM_BASE_URL", "must end after the host: SRM serves all of it.")
        return url

    @property
    def from_email(self) -> str:
        """Return the sender of mails; by default SRM at the public host."""
        host = urlsplit(self.base_url).hostname
        return self.text("SRM_FROM_EMAIL", f"SRM <srm@{host}>")

    @cached_property
    def trusted_proxies(self) -> list[str]:
        """Return the networks whose X-Forwarded headers are believed."""
        networks = self.words("SRM_TRUSTED_PROXIES")
        for network in networks:
            try:
                everybody = ip_network(network).prefixlen == 0
            except ValueError:
                raise refuse(
                    "SRM_TRUSTED_PROXIES",
                    f"holds {network!r}, which is not an address or network.",
                ) from None
            if everybody:
                raise refuse(
                    "SRM_TRUSTED_PROXIES", f"holds {network!r}, which trusts everybody."
                )
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
        if self.text("SRM_AS_OWNER") and (owner := self.text("MIGRATION_DATABASE_URL")):
            return self._server_database("MIGRATION_DATABASE_URL", owner)
        return self._server_database("DATABASE_URL", url)

    @cached_property
    def snapshot_database(self) -> dict[str, Any]:
        """Return the same database for reading at length: as of one instant, never writing,
        and in nobody's way.
        """
        options = dict(self.database["OPTIONS"])
        if self.database["ENGINE"].endswith("sqlite3"):
            options["transaction_mode"] = "DEFERRED"
            options["init_command"] += "; PRAGMA query_only=ON"
        else:
            options["isolation_level"] = REPEATABLE_READ
            # To compile a query takes longer than the first rows of a stream may.
            options["options"] += " -c default_transaction_read_only=on -c jit=off"
        return {**self.database, "CONN_MAX_AGE": 0, "OPTIONS": options}

    @cached_property
    def app_role(self) -> str:
        """Return the role that SRM runs as, where another one owns the tables; else
        nothing.
        """
        url, owner = self.text("DATABASE_URL"), self.text("MIGRATION_DATABASE_URL")
        if not url or not owner:
            return ""
        role = unquote(urlsplit(url).username or "")
        return "" if role == unquote(urlsplit(owner).username or "") else role

    def _server_database(self, name: str, url: str) -> dict[str, Any]:
        parts = _parts(name, url)
        if parts.scheme == "sqlite" and not self.is_production:
            return _sqlite(Path(parts.path.replace("/", "", 1)))
        # Checked first: the parser prints the whole address, when it does not know one.
        if parts.scheme not in {"postgres", "postgresql"} or len(parts.path) < 2:
            raise refuse(
                name,
                "must name a PostgreSQL database: postgres://user:password@host/name.",
            )
        found: dict[str, Any] = environ.Env.db_url_config(url)
        return {
            **found,
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {**POSTGRESQL, **found.get("OPTIONS", {})},
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
        parts = _parts(name, url)
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
        parts = _parts("STORAGE_URL", url)
        if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
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
            return _mail_folder(self.folder("mail"))
        parts = _parts("EMAIL_URL", url)
        if parts.scheme == "file" and parts.path and not self.is_production:
            return _mail_folder(Path(parts.path))
        if parts.scheme not in MAIL_PORTS or not parts.hostname:
            raise refuse(
                "EMAIL_URL",
                "must be smtp+tls://user:password@host:587 (STARTTLS), "
                "smtps://…:465 or, for a relay on a trusted network, smtp://…:25.",
            )
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname,
            "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
            "EMAIL_USE_SSL": parts.scheme == "smtps",
        }


def _parts(name: str, url: str) -> SplitResult:
    """Return the parts of an address, its port checked."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise refuse(name, "is not an address that can be read.") from None
    return parts


def _kept_secret(path: Path) -> str:
    """Return the secret in a file that only its owner reads, made on first use.

    It appears under its name only when it is whole: several processes start at once.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first; its secret is as good
        finally:
            draft.unlink()
    return path.read_text()


def _mail_folder(folder: Path) -> dict[str, Any]:
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(folder),
    }


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
    from botocore.config import Config  # slow to load, and only S3 needs it

    options: dict[str, Any] = {
        "bucket_name": name,
        "location": prefix.strip("/"),
        "default_acl": None,
        "file_overwrite": False,
        "querystring_expire": 60,
        "client_config": Config(
            # The library signs with version 2 in us-east-1 unless told otherwise.
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=30,
            retries={"total_max_attempts": 2},
        ),
    }
    known = {"region": "region_name", "endpoint": "endpoint_url"}
    for key, value in parse_qsl(query, keep_blank_values=True):
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
