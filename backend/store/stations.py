"""Stations and the configurations they ran with."""

from __future__ import annotations

import contextlib
import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from backend.domain.changes import ChangeKind
from backend.domain.stations import ConfigurationChange, Station, StationRole
from backend.store.clock import ahead_ms
from backend.store.database import Database, insert_missing, shared_now
from backend.store.histories import append
from backend.store.journal import note
from backend.store.leases import extend
from backend.store.tables import configuration_events, stations
from backend.store.types import plain_name


@dataclass(frozen=True, slots=True)
class Entering:
    """What a station says of itself when it starts."""

    role: StationRole
    version: str = ""
    host: str = ""
    pid: int = 0
    events: str = ""
    events_key: str = ""


class Stations:
    """Running instances: who is there, and when each was last heard of."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._life = uuid.uuid4().bytes

    def enter(self, name: str, station: Entering) -> str:
        """Note the start of a station; returns the name it has from now on.

        A name that was there before starts anew. Where a program of that name is still running, another machine's or
        another one's of this machine, the name gets a number: "hall-d-2".
        """
        clean = plain_name(name)[:200]
        return self._database.write(lambda connection: _enter(connection, clean, station, self._life))

    def heartbeat(self, name: str, owner: str = "", lease_s: float = 0.0) -> bool:
        """Note that a station lives, and renew all leases of `owner` for `lease_s` seconds, in one transaction.

        False where another program has the name now: this one was thought dead.
        """
        mine = (stations.c.name == plain_name(name)) & (stations.c.life == self._life)

        def write(connection: Connection) -> bool:
            beat = {"heartbeat_at": shared_now(connection), "stopped_at": None, "skew_ms": ahead_ms(connection)}
            found = connection.execute(update(stations).where(mine).values(beat)).rowcount
            if owner:
                extend(connection, owner, lease_s)
            return bool(found)

        return self._database.write(write)

    def leave(self, name: str) -> None:
        """Note that a station stops."""
        mine = (stations.c.name == plain_name(name)) & (stations.c.life == self._life)

        def write(connection: Connection) -> None:
            connection.execute(update(stations).where(mine).values(stopped_at=shared_now(connection)))
            note(connection, ChangeKind.CATALOGUE)

        self._database.write(write)

    def all(self) -> list[Station]:
        """All stations ever registered, by name."""
        return self._database.read(read_stations)


def read_stations(connection: Connection) -> list[Station]:
    """All stations by name, with the age of their heartbeats by the clock of the database."""
    moment = shared_now(connection).label("moment")
    rows = connection.execute(select(stations, moment).order_by(stations.c.name))
    return [_as_station(row) for row in rows]


def _as_station(row: Row[Any]) -> Station:
    known = row.kind in StationRole.__members__.values()
    return Station(
        row.name,
        StationRole(row.kind) if known else StationRole.UNKNOWN,
        row.started_at,
        row.heartbeat_at,
        max(0.0, (row.moment - row.heartbeat_at).total_seconds()),
        row.version,
        row.host,
        row.pid,
        row.skew_ms,
        row.stopped_at is not None,
        row.events,
        row.events_key,
    )


def _enter(connection: Connection, wanted: str, station: Entering, life: bytes) -> str:
    name = _free_name(connection, wanted, station, life)
    moment: datetime = connection.execute(select(shared_now(connection))).scalar_one()
    said = {"version": station.version, "host": station.host, "pid": station.pid}
    told = {"events": station.events, "events_key": station.events_key, "kind": station.role.value}
    times = {"started_at": moment, "heartbeat_at": moment, "stopped_at": None}
    row = {"name": name, "life": life, **said, **told, **times}
    insert_missing(connection, stations, [{**row, "skew_ms": 0}])
    note(connection, ChangeKind.CATALOGUE)
    mine = update(stations).where(stations.c.name == name)
    connection.execute(mine.values({**row, "skew_ms": ahead_ms(connection)}))
    return name


def _free_name(connection: Connection, wanted: str, station: Entering, life: bytes) -> str:
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, 100))]
    for name in names:
        query = select(stations, shared_now(connection).label("moment")).where(stations.c.name == name)
        row = connection.execute(query.with_for_update()).one_or_none()
        if row is None or row.life == life or not _lives(_as_station(row), station):
            return name
    return f"{wanted}-{uuid.UUID(bytes=life).hex[:8]}"


def _lives(other: Station, station: Entering) -> bool:
    """Whether the program that has this name still runs. One of this machine can be looked at."""
    if not other.alive:
        return False
    return other.host != station.host or _runs(other.pid)


def _runs(pid: int) -> bool:
    if pid <= 0:
        return False
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


class Configuration:
    """The append-only history of configurations. What is given here must hold no secrets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, who: str, text: str) -> bool:
        """Append a configuration; False, and nothing written, where it is what the last entry says."""
        ticket = uuid.uuid4()

        def write(connection: Connection) -> bool:
            newest = select(configuration_events.c.text_after).order_by(configuration_events.c.id.desc()).limit(1)
            before = connection.scalar(newest)
            if before == text:
                return False
            entry = {"who": who, "text_before": before or "", "text_after": text}
            return append(connection, configuration_events, ticket, [entry])

        return self._database.write(write)

    def history(self) -> list[ConfigurationChange]:
        """All entries, oldest first."""
        query = select(configuration_events).order_by(configuration_events.c.id)

        def change(row: Row[Any]) -> ConfigurationChange:
            return ConfigurationChange(row.who, row.at, row.text_before, row.text_after)

        return self._database.read(lambda connection: [change(row) for row in connection.execute(query)])
