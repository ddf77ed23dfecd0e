"""Collecting: marks on images that are kept, written where the reason arises, and the rate of the random sample."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from backend.domain.collecting import DEFAULT_PERCENT, Collected, KeptFor, reasons_for
from backend.domain.intake import JudgedPlot
from backend.store.blobs.protocol import BlobStore
from backend.store.catalogue import known_plot_type, read_plot_types
from backend.store.database import Database, insert_missing, now
from backend.store.histories import append
from backend.store.tables import collecting_events, kept_images, plots
from backend.store.types import plain_name

_WEIGHED = 100
"""Images whose size is looked at for the mean."""

_PORTION = 500


class Collecting:
    """Which images are kept, and why. The others may expire, see `backend.store.expiring`."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database, self._blobs = database, blobs

    def set_percent(self, plot_type: str, percent: float, who: str) -> None:
        """From now on keep so many of a hundred harmless plots. ValueError outside 0 to 100; UnknownNameError."""
        if not 0.0 <= percent <= 100.0:
            raise ValueError(f"The sample is {percent:g} % of all plots; give a number from 0 to 100.")
        ticket = uuid.uuid4()

        def write(connection: Connection) -> None:
            number = known_plot_type(connection, plot_type)
            before = read_percents(connection).get(number, DEFAULT_PERCENT)
            if before != percent:
                change = {"percent_before": before, "percent_after": percent}
                append(connection, collecting_events, ticket, [{"who": who, "plot_type_id": number, **change}])

        self._database.write(write)

    def collected(self, plot_type: str) -> Collected:
        """How much of a plot type is kept. UnknownNameError."""
        found = self._database.read(lambda connection: _collected(connection, plot_type))
        some = self._database.read(lambda connection: _some_digests(connection, plot_type))
        sizes = [len(self._blobs.get(digest)) for digest in some if self._blobs.contains(digest)]
        return Collected(*found, sum(sizes) / len(sizes) if sizes else 0.0)

    def percents(self) -> dict[str, float]:
        """The rate of every plot type, by name."""

        def read(connection: Connection) -> dict[str, float]:
            rates = read_percents(connection)
            return {info.name: rates.get(key, DEFAULT_PERCENT) for key, info in read_plot_types(connection).items()}

        return self._database.read(read)

    def reasons(self, plot_ids: Sequence[int]) -> dict[int, frozenset[KeptFor]]:
        """Why the images of these plots are kept; those nothing keeps are left out."""
        return self._database.read(lambda connection: read_reasons(connection, plot_ids))


def read_percents(connection: Connection) -> dict[int, float]:
    """The rates that were ever set, by plot type."""
    events = collecting_events.c
    newest = select(func.max(events.id)).group_by(events.plot_type_id)
    query = select(events.plot_type_id, events.percent_after).where(events.id.in_(newest))
    return dict(connection.execute(query).all())


def read_reasons(connection: Connection, plot_ids: Sequence[int]) -> dict[int, frozenset[KeptFor]]:
    """Why images are kept, by plot."""
    found: dict[int, set[KeptFor]] = {}
    kept = kept_images.c
    for start in range(0, len(plot_ids), _PORTION):
        query = select(kept.plot_id, kept.reason).where(kept.plot_id.in_(plot_ids[start : start + _PORTION]))
        for row in connection.execute(query):
            found.setdefault(row.plot_id, set()).add(KeptFor(row.reason))
    return {plot_id: frozenset(reasons) for plot_id, reasons in found.items()}


def keep_judged(connection: Connection, outcomes: Iterable[JudgedPlot]) -> None:
    """Mark those of these plots whose verdict or lot keeps them; in the transaction of the verdict."""
    items = list(outcomes)
    if not items:
        return
    query = select(plots.c.id, plots.c.plot_type_id).where(plots.c.id.in_({item.plot.plot_id for item in items}))
    kinds: dict[int, int] = dict(connection.execute(query).all())
    rates = read_percents(connection)
    wanted: dict[int, frozenset[KeptFor]] = {}
    for item in items:
        percent = rates.get(kinds[item.plot.plot_id], DEFAULT_PERCENT)
        wanted[item.plot.plot_id] = reasons_for(item.plot.sha256, item.plot.identity, item.verdict, percent)
    _mark(connection, wanted, kinds)


def keep_labelled(connection: Connection, plot_ids: Collection[int], plot_type_id: int) -> None:
    """Mark plots because somebody said something of them; in the transaction of the label."""
    _mark(connection, dict.fromkeys(plot_ids, frozenset({KeptFor.LABEL})), dict.fromkeys(plot_ids, plot_type_id))


def _mark(connection: Connection, wanted: Mapping[int, frozenset[KeptFor]], kinds: Mapping[int, int]) -> None:
    present = read_reasons(connection, sorted(wanted))
    moment = now()
    rows: list[dict[str, Any]] = [
        {"plot_id": plot_id, "reason": int(reason), "plot_type_id": kinds[plot_id], "since": moment}
        for plot_id, reasons in sorted(wanted.items())
        for reason in sorted(reasons - present.get(plot_id, frozenset()))
    ]
    insert_missing(connection, kept_images, rows)


def _collected(connection: Connection, plot_type: str) -> tuple[str, float, int, int, tuple[tuple[KeptFor, int], ...]]:
    number, kept = known_plot_type(connection, plot_type), kept_images.c
    by_reason = select(kept.reason, func.count()).where(kept.plot_type_id == number).group_by(kept.reason)
    counted = tuple((KeptFor(reason), count) for reason, count in sorted(connection.execute(by_reason).all()))
    once = select(func.count(kept.plot_id.distinct())).where(kept.plot_type_id == number)
    total = select(func.count()).select_from(plots).where(plots.c.plot_type_id == number)
    percent = read_percents(connection).get(number, DEFAULT_PERCENT)
    return plain_name(plot_type), percent, connection.scalar(total) or 0, connection.scalar(once) or 0, counted


def _some_digests(connection: Connection, plot_type: str) -> list[str]:
    number = known_plot_type(connection, plot_type)
    query = select(plots.c.sha256).where(plots.c.plot_type_id == number).order_by(plots.c.id.desc()).limit(_WEIGHED)
    return list(dict.fromkeys(connection.scalars(query)))
