"""Engines: one factory for SQLite and for MySQL or MariaDB. Passwords never enter a URL or a log."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError

from backend.domain.errors import StoreRefusedError
from backend.store import label_bundle_file
from backend.store.addresses import Addresses, read_failover

PASSWORD_VARIABLE = "HYDRA_STORE_PASSWORD"  # noqa: S105 - the name of a variable
WRITES = "hydra_writes"
"""Execution option of connections that are going to write."""

PasswordSource = Callable[[], str | None]

_SQLITE_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)
_WAIT, _LOG_AHEAD = "PRAGMA busy_timeout = 10000", "PRAGMA journal_mode = WAL"
_SERVER_SESSION = (
    "SET time_zone = '+00:00', sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = 10 "
    "/*M!100300 , idle_transaction_timeout = 5 */"
)
"""A station that is paused in mid-transaction holds its locks; MariaDB ends it, and the transaction is repeated."""

_ANSWER_S = 30.0
"""A connection on which nothing came for so many seconds is dead: half open, or its server hangs."""

_CONNECT_S = 5.0
_GLANCE_S = 1.0


WAY_OUT = (
    "Take it out, run `hydra-gui db login`, which puts it into the keyring (or set the variable "
    f"{PASSWORD_VARIABLE}), and change the password, as others may have seen it."
)
_TAKEN_FROM_QUERY = frozenset({"unix_socket", "charset"})
_SECRET_WORDS = ("pass", "pwd", "secret")


def read_url(text: str) -> URL:
    """Parse a store URL; StoreRefusedError names what is accepted. The password is refused, not used."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreRefusedError(f"{_ACCEPTED} What is configured is no URL.") from None  # the cause repeats it
    if holds_password(text):
        raise StoreRefusedError(f"The database URL holds a password, which would end up in logs. {WAY_OUT}")
    kind = url.get_backend_name()
    if kind not in ("sqlite", "mysql", "mariadb"):
        raise StoreRefusedError(f"{_ACCEPTED} {kind} is neither.")
    if kind == "sqlite":
        return url
    _refuse_options(url)
    return url.set(drivername="mysql+pymysql")


def holds_password(text: str) -> bool:
    """Whether a URL names a password, as part of the account or as an option; False where it is no URL."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return False
    return url.password is not None or any(word in name.lower() for name in url.query for word in _SECRET_WORDS)


def _refuse_options(url: URL) -> None:
    """Options of the driver could undo what is demanded of the connection."""
    unknown = sorted(set(url.query) - _TAKEN_FROM_QUERY)
    if unknown:
        raise StoreRefusedError(
            f"The database URL has the option {unknown[0]!r}, which is not used. Accepted are "
            f"{' and '.join(sorted(_TAKEN_FROM_QUERY))}; certificates belong into [store.tls] of the configuration."
        )


_ACCEPTED = "The store is sqlite:///FILE or mysql://USER@HOST/DATABASE."


def connect(url: URL, password: PasswordSource | None = None, connect_args: Mapping[str, Any] | None = None) -> Engine:
    """Make an engine for `url`. `connect_args` go to the driver: `{"ssl": ssl.SSLContext}` for TLS."""
    return connect_twice(url, password, connect_args)[0]


def connect_twice(
    url: URL,
    password: PasswordSource | None = None,
    connect_args: Mapping[str, Any] | None = None,
    failover: Sequence[str] = (),
) -> tuple[Engine, Engine | None]:
    """Two engines for `url`: for all work, and for questions that must be answered at once or not (server only).

    `failover` are further addresses of a server, HOST:PORT, tried in order; StoreRefusedError where one cannot be read.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url), None
    addresses = _addresses(url, failover)
    source, given = password or _password_from_environment, dict(connect_args or {})
    patient: dict[str, Any] = {"pool_pre_ping": True, "pool_recycle": 1800, "pool_size": 8}
    working = _server(url, _timeouts(_CONNECT_S, _CONNECT_S) | given, **patient)
    glancing = _server(
        url,
        _timeouts(_GLANCE_S, _GLANCE_S) | given,
        pool_size=2,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    for engine in (working, glancing):
        _supply_password(engine, source)
        addresses.serve(engine)
    if "read_timeout" not in given:
        event.listen(working, "connect", _be_patient)
    return working, glancing


def _be_patient(connection: DBAPIConnection, _record: object) -> None:
    """The driver waits as long for a greeting as for an answer; a server that does not greet is not there."""
    connection._read_timeout = _ANSWER_S


def _addresses(url: URL, failover: Sequence[str]) -> Addresses:
    return Addresses([(url.host or "localhost", url.port or 3306), *read_failover(failover)])


def _sqlite(url: URL) -> Engine:
    arguments = {"timeout": 10, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, pool_size=8, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and too weak
    cursor = connection.cursor()
    cursor.execute(_WAIT)
    if not label_bundle_file.prepare(cursor):
        cursor.execute(_LOG_AHEAD)
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the write lock at once: a reader that turns writer half-way would fail instead of wait."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _timeouts(answer_s: float, connect_s: float) -> dict[str, Any]:
    return {"connect_timeout": connect_s, "read_timeout": answer_s, "write_timeout": answer_s}


def _server(url: URL, driver: Mapping[str, Any], isolation_level: str = "READ COMMITTED", **options: Any) -> Engine:  # noqa: ANN401 - what SQLAlchemy takes
    arguments = {"charset": "utf8mb4", "init_command": _SERVER_SESSION, **driver}
    return create_engine(url, connect_args=arguments, isolation_level=isolation_level, hide_parameters=True, **options)


def _supply_password(engine: Engine, source: PasswordSource) -> None:
    def supply(_dialect: object, _record: object, _args: object, parameters: dict[str, Any]) -> None:
        secret = source()
        if secret:
            parameters["password"] = secret

    event.listen(engine, "do_connect", supply)


def _password_from_environment() -> str | None:
    return os.environ.get(PASSWORD_VARIABLE)
