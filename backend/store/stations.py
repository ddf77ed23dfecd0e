"""Stations and the configurations they ran with."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Connection, Row, select, update

from backend.domain.stations import ConfigurationChange, Station
from backend.store.database import Database, insert_missing, now
from backend.store.histories import append
from backend.store.tables import configuration_events, stations
from backend.store.types import plain_name


class Stations:
    """Running instances: who is there, and when each was last heard of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, name: str, kind: str) -> None:
        """Note the start of a station; a name that was there before starts anew."""
        moment = now()
        row = {"name": plain_name(name), "kind": kind, "started_at": moment, "heartbeat_at": moment}

        def write(connection: Connection) -> None:
            insert_missing(connection, stations, [row])
            connection.execute(update(stations).where(stations.c.name == row["name"]).values(row))

        self._database.write(write)

    def heartbeat(self, name: str) -> None:
        """Note that a registered station lives."""
        beat = update(stations).where(stations.c.name == plain_name(name)).values(heartbeat_at=now())
        self._database.write(lambda connection: connection.execute(beat))

    def all(self) -> list[Station]:
        """All stations ever registered, by name."""
        query = select(stations).order_by(stations.c.name)
        return self._database.read(
            lambda connection: [
                Station(row.name, row.kind, row.started_at, row.heartbeat_at) for row in connection.execute(query)
            ]
        )


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
