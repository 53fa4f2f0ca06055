"""What the environment may say, and the one line for each thing it may not."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from srm_project.environment import Environment

PRODUCTION = {
    "SRM_MODE": "production",
    "SECRET_KEY": "kT3-0_b8Qx7ZrY5uWv2N1pLmJ6hGfD4sA9cEoIiUtRqXyPzKwVnBj",
    "DATABASE_URL": "postgres://srm:secret@db.internal:5432/srm",
    "BROKER_URL": "redis://:secret@redis.internal:6379/0",
    "STORAGE_URL": "s3://proof/srm?region=eu-central-1",
    "EMAIL_URL": "smtp+tls://srm:secret@mail.internal:587",
    "SRM_ALLOWED_HOSTS": "srm.example.com",
    "SRM_BASE_URL": "https://srm.example.com",
}
ASKED = (
    "secret_key",
    "allowed_hosts",
    "base_url",
    "database",
    "broker",
    "cache",
    "storage",
    "email",
    "trusted_proxies",
    "time_zone",
)


def read_all(variables):
    environment = Environment(variables)
    return {name: getattr(environment, name) for name in ("mode", *ASKED)}


def test_a_whole_production_environment_is_taken():
    assert read_all(PRODUCTION)["mode"] == "production"


REFUSED = [
    ("SRM_MODE", "staging", "it must be embedded or production"),
    ("SECRET_KEY", "", "must be random"),
    ("SECRET_KEY", "short", "at least 50 characters"),
    ("SECRET_KEY", "a" * 60, "must be random"),
    ("SECRET_KEY", "django-insecure-" + "kT3-0_b8Qx7ZrY5uWv2N" * 3, "must be random"),
    ("SRM_ALLOWED_HOSTS", "", "must name the hosts"),
    ("SRM_ALLOWED_HOSTS", "*", "never *"),
    ("SRM_ALLOWED_HOSTS", "srm.example.com, *", "never *"),
    ("DATABASE_URL", "", "name a PostgreSQL database"),
    ("DATABASE_URL", "sqlite:////srv/srm.sqlite3", "must name a PostgreSQL database"),
    ("DATABASE_URL", "mysql://srm@db/srm", "must name a PostgreSQL database"),
    ("DATABASE_URL", "postgres://srm@db.internal", "must name a PostgreSQL database"),
    ("DATABASE_URL", "nonsense", "must name a PostgreSQL database"),
    ("BROKER_URL", "", "must name a Redis server"),
    ("BROKER_URL", "filesystem://", "must name a Redis server"),
    ("BROKER_URL", "redis://redis.internal:6379/0", "has no password"),
    ("BROKER_URL", "redis://redis.internal:port/0", "that can be read"),
    ("CACHE_URL", "memcached://cache.internal", "must name a Redis server"),
    ("CACHE_URL", "redis://cache.internal/1", "has no password"),
    ("STORAGE_URL", "", "must be s3://"),
    ("STORAGE_URL", "ftp://files.internal/srm", "must be s3://"),
    ("STORAGE_URL", "s3://proof/srm?regoin=eu-central-1", "has 'regoin'"),
    ("EMAIL_URL", "", "must be smtp+tls://"),
    ("EMAIL_URL", "file:///srv/mail", "must be smtp+tls://"),
    ("EMAIL_URL", "smtp+tls://", "must be smtp+tls://"),
    ("SRM_BASE_URL", "", "begin with https://"),
    ("SRM_BASE_URL", "http://srm.example.com", "begin with https://"),
    ("SRM_BASE_URL", "https://", "begin with https://"),
    ("SRM_BASE_URL", "https://example.com/srm", "must end after the host"),
    ("SRM_TRUSTED_PROXIES", "10.0.0.1/8", "is not an address or network"),
    ("SRM_TRUSTED_PROXIES", "loadbalancer", "is not an address or network"),
    ("SRM_TRUSTED_PROXIES", "0.0.0.0/0", "trusts everybody"),
    ("SRM_TIME_ZONE", "Berlin", "must be a zone like"),
    ("PORT", "none", "must be a whole number, 1 to 65535"),
    ("PORT", "65536", "must be a whole number, 1 to 65535"),
]


@pytest.mark.parametrize(("name", "value", "why"), REFUSED)
def test_production_refuses_what_is_unsafe_and_names_it(name, value, why):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_all({**PRODUCTION, name: value})

    assert str(refusal.value).startswith(f"SRM cannot start: {name} ")
    assert why in str(refusal.value)
    assert "secret@" not in str(refusal.value)


def test_the_owners_address_is_named_where_it_is_wrong():
    variables = {**PRODUCTION, "MIGRATION_DATABASE_URL": "mysql://x", "SRM_AS_OWNER": "1"}

    with pytest.raises(ImproperlyConfigured, match="MIGRATION_DATABASE_URL must name"):
        read_all(variables)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_redis_on_this_very_machine_may_have_no_password(host):
    url = f"redis://{host}:6379/0"

    assert Environment({**PRODUCTION, "BROKER_URL": url}).broker == url


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL"])
def test_naming_a_server_means_production(name):
    assert Environment({}).mode == "embedded"
    assert Environment({name: "redis://x"}).mode == "production"


def test_tables_are_changed_by_the_role_that_owns_them():
    variables = {**PRODUCTION, "MIGRATION_DATABASE_URL": "postgres://owner:x@db/srm"}

    assert Environment(variables).database["USER"] == "srm"
    assert Environment({**variables, "SRM_AS_OWNER": "1"}).database["USER"] == "owner"
    assert Environment({**PRODUCTION, "SRM_AS_OWNER": "1"}).database["USER"] == "srm"


def test_a_postgresql_connection_notices_a_dead_server_and_waits_for_no_lock_for_ever():
    url = PRODUCTION["DATABASE_URL"] + "?sslmode=verify-full&connect_timeout=9"
    found = Environment({**PRODUCTION, "DATABASE_URL": url}).database

    assert found["CONN_HEALTH_CHECKS"] is True
    assert found["OPTIONS"]["sslmode"] == "verify-full"
    assert found["OPTIONS"]["connect_timeout"] == 9
    assert "lock_timeout" in found["OPTIONS"]["options"]


def test_another_sqlite_file_may_be_named_where_production_is_not_asked_for(tmp_path):
    variables = {"SRM_MODE": "embedded", "SRM_DATA_DIR": str(tmp_path)}
    url = f"sqlite:///{tmp_path}/other.sqlite3"

    found = Environment({**variables, "DATABASE_URL": url}).database

    assert found["NAME"] == f"{tmp_path}/other.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_sqlite_takes_the_write_lock_first_and_keeps_its_word_on_disk(tmp_path):
    options = Environment({"SRM_DATA_DIR": str(tmp_path)}).database["OPTIONS"]

    assert options == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON",
    }


def test_the_embedded_default_needs_nothing_and_stays_in_its_folder(tmp_path):
    found = read_all({"SRM_DATA_DIR": str(tmp_path), "PORT": "8123"})

    assert found["database"]["NAME"] == str(tmp_path / "srm.sqlite3")
    assert found["storage"][1] == {"location": str(tmp_path / "files")}
    assert found["email"]["EMAIL_FILE_PATH"] == str(tmp_path / "mail")
    assert found["base_url"] == "http://127.0.0.1:8123"
    assert found["broker"] == found["cache"] == ""


def test_the_embedded_key_is_kept_and_only_its_owner_reads_it(tmp_path):
    first = Environment({"SRM_DATA_DIR": str(tmp_path)}).secret_key
    file = tmp_path / "keys" / "secret_key"

    assert Environment({"SRM_DATA_DIR": str(tmp_path)}).secret_key == first
    assert len(first) > 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path):
    def ask(_):
        return Environment({"SRM_DATA_DIR": str(tmp_path)}).secret_key

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(ask, range(64)))

    assert len(keys) == 1
    assert keys != {""}


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://relay.internal", 25, False, False),
        ("smtp+tls://u:p%40ss@mail.internal", 587, True, False),
        ("smtps://u:p%40ss@mail.internal", 465, False, True),
        ("smtps://u:p%40ss@mail.internal:2465", 2465, False, True),
    ],
)
def test_mail_goes_by_the_encryption_that_the_address_names(url, port, starttls, tls):
    found = Environment({**PRODUCTION, "EMAIL_URL": url}).email

    assert found["EMAIL_PORT"] == port
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (starttls, tls)
    assert found["EMAIL_HOST_PASSWORD"] in {"", "p@ss"}


def test_mail_comes_from_the_public_host_unless_told_otherwise():
    assert Environment(PRODUCTION).from_email == "SRM <srm@srm.example.com>"
    told = {**PRODUCTION, "SRM_FROM_EMAIL": "grc@example.com"}
    assert Environment(told).from_email == "grc@example.com"


def test_a_bucket_has_prefix_region_endpoint_and_key():
    url = (
        "s3://proof/srm/files?region=eu-central-1&endpoint=https%3A%2F%2Fs3.internal&kms=k1"
    )
    backend, options = Environment({**PRODUCTION, "STORAGE_URL": url}).storage

    assert backend == "storages.backends.s3.S3Storage"
    assert options["bucket_name"] == "proof"
    assert options["location"] == "srm/files"
    assert options["region_name"] == "eu-central-1"
    assert options["endpoint_url"] == "https://s3.internal"
    assert options["object_parameters"]["SSEKMSKeyId"] == "k1"
    assert options["client_config"].signature_version == "s3v4"
    assert options["file_overwrite"] is False


def test_files_may_lie_in_a_folder_in_production_too():
    found = Environment({**PRODUCTION, "STORAGE_URL": "file:///srv/srm/files"}).storage

    assert found[1] == {"location": "/srv/srm/files"}


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ImproperlyConfigured, match=r"SRM_DATA_DIR .* cannot be made"):
        read_all({"SRM_DATA_DIR": str(tmp_path / "file" / "data")})
