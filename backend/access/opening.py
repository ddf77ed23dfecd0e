"""The one way from a configuration to its store: address, password and TLS come together here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL

from backend.access.secrets import Secrets
from backend.access.tls import is_local, tls_context
from backend.config import StoreSection, TlsSection
from backend.domain.errors import HydraError, SecretError, StoreRefusedError
from backend.store import Store, StoreStatus
from backend.store.connecting import PASSWORD_VARIABLE, PasswordSource, connect, read_url
from backend.store.database import Database

DEFAULT_PORT = 3306
SOURCE_PASSWORD_VARIABLE = "HYDRA_SOURCE_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Access:
    """What the store needs to reach a database. `password` is asked at every connection and kept nowhere."""

    url: str
    password: PasswordSource
    connect_args: Mapping[str, Any]


def secret_name(url: URL) -> str:
    """Under which name the password of an account on a server is kept."""
    server = url.query.get("unix_socket") or f"{url.host or 'localhost'}:{url.port or DEFAULT_PORT}"
    return f"mysql://{url.username or ''}@{server}"


def access_to(section: StoreSection) -> Access:
    """How the configured database is reached. StoreRefusedError where that is configured wrongly."""
    url = read_url(section.effective_url)
    context = tls_context(url, section.tls, section.failover)
    return Access(section.effective_url, _password(url, PASSWORD_VARIABLE), {} if context is None else {"ssl": context})


def access_to_source(text: str, tls: TlsSection) -> Access:
    """How a database that is brought is reached; its password is kept by `db login`, or in a variable of its own."""
    url = read_url(text)
    context = tls_context(url, tls)
    return Access(text, _password(url, SOURCE_PASSWORD_VARIABLE), {} if context is None else {"ssl": context})


def open_store(section: StoreSection) -> Store:
    """Open the configured store; see `Store.open`."""
    access = access_to(section)
    return Store.open(
        access.url,
        section.data_dir,
        section.blobs,
        password=access.password,
        connect_args=access.connect_args,
        failover=section.failover,
    )


def upgrade_store(section: StoreSection) -> StoreStatus:
    """Bring the schema of the configured database to this program's revision."""
    access = access_to(section)
    return Store.upgrade(access.url, password=access.password, connect_args=access.connect_args)


def store_status(section: StoreSection) -> StoreStatus:
    """Compare the schema of the configured database with this program's; changes nothing."""
    access = access_to(section)
    return Store.status(
        access.url, password=access.password, connect_args=access.connect_args, failover=section.failover
    )


def open_server(section: StoreSection) -> Database:
    """The configured server without any demand on its schema, for its administration. StoreRefusedError for SQLite."""
    access = access_to(section)
    url = read_url(access.url)
    if url.get_backend_name() == "sqlite":
        raise StoreRefusedError(
            "This concerns a shared MySQL or MariaDB server, but the configured store is embedded: it has no accounts, "
            "only the rights of its files. Name the server with --store mysql://ACCOUNT@HOST/DATABASE."
        )
    return Database(connect(url, access.password, access.connect_args))


def encrypted_or_local(section: StoreSection) -> bool:
    """Whether nobody in the network can listen."""
    url = read_url(section.effective_url)
    return is_local(url, section.failover) or tls_context(url, section.tls, section.failover) is not None


def _password(url: URL, variable: str) -> PasswordSource:
    name = secret_name(url)

    def ask() -> str | None:
        given = os.environ.get(variable)
        if given or url.get_backend_name() == "sqlite":
            return given
        try:
            return Secrets.of_this_machine().get(name)
        except SecretError as error:
            raise _refused(error) from error

    return ask


def _refused(error: HydraError) -> StoreRefusedError:
    return StoreRefusedError(f"The password for the database cannot be had. {error}")
