"""Statistics of labelling, counted by the database: people, days, and what plots are labelled with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, distinct, func, select, true

from backend.domain.contributions import Calendar, ClassShare, Contributions, Contributor, DayCount
from backend.domain.labels import LabelHow
from backend.store import Store
from backend.store.catalogue import known_plot_type
from backend.store.classifying import as_classification
from backend.store.tables import classifications, label_events, plots
from backend.store.tables.histories import NO_LABEL

_NOT_GIVEN = (
    *(LabelHow.UNDONE, LabelHow.REDONE, LabelHow.COMMENTED, LabelHow.KEPT, LabelHow.RESUMED, LabelHow.UPHELD),
    LabelHow.SYNTHETIC,
)
"""Entries that repeat or amend what somebody said before, and those of plots that were made."""


def contributions(store: Store, plot_type: str, calendar: Calendar) -> Contributions:
    """Count the labels of a plot type, "" for all of them. UnknownNameError."""
    return store.database.read(lambda connection: _count(connection, plot_type, calendar))


def _count(connection: Connection, plot_type: str, calendar: Calendar) -> Contributions:
    number = known_plot_type(connection, plot_type) if plot_type else None
    mine = label_events.c.plot_type_id == number if number is not None else true()
    shares = _shares(connection, mine)
    of = plots.c.plot_type_id == number if number is not None else true()
    return Contributions(
        plot_type,
        _people(connection, mine, calendar),
        _days(connection, mine, calendar),
        shares,
        connection.scalar(select(func.count()).select_from(plots).where(of)) or 0,
        sum(share.count for share in shares),
    )


def _given() -> ColumnElement[bool]:
    events = label_events.c
    return (events.label_after != NO_LABEL) & events.how.not_in([how.value for how in _NOT_GIVEN])


def _people(connection: Connection, mine: ColumnElement[bool], calendar: Calendar) -> tuple[Contributor, ...]:
    ever = func.count(distinct(label_events.c.plot_id)).label("ever")
    columns = (label_events.c.who, _since(calendar.today), _since(calendar.week), ever)
    query = select(*columns).where(mine, _given()).group_by(label_events.c.who)
    rows = connection.execute(query.order_by(ever.desc(), label_events.c.who))
    return tuple(Contributor(*row) for row in rows)


def _since(moment: Any) -> ColumnElement[int]:  # noqa: ANN401 - a datetime, as SQLAlchemy compares columns
    return func.count(distinct(case((label_events.c.at >= moment, label_events.c.plot_id))))


def _days(connection: Connection, mine: ColumnElement[bool], calendar: Calendar) -> tuple[DayCount, ...]:
    days, at = calendar.days(), label_events.c.at
    bounds = [(calendar.start_of(day), calendar.start_of(day + timedelta(days=1))) for day in days]
    columns = [
        func.count(distinct(case(((at >= first) & (at < last), label_events.c.plot_id)))) for first, last in bounds
    ]
    row = connection.execute(select(*columns).where(mine, _given(), at >= bounds[0][0])).one()
    return tuple(DayCount(day, count) for day, count in zip(days, row, strict=True))


def _shares(connection: Connection, mine: ColumnElement[bool]) -> tuple[ClassShare, ...]:
    newest = select(func.max(label_events.c.id).label("number")).where(mine).group_by(label_events.c.plot_id).subquery()
    count = func.count().label("number_of_plots")
    counted = (
        select(label_events.c.label_after, count)
        .join(newest, newest.c.number == label_events.c.id)
        .where(label_events.c.label_after != NO_LABEL)
        .group_by(label_events.c.label_after)
    ).subquery()
    query = select(classifications, counted.c.number_of_plots).join(
        counted, counted.c.label_after == classifications.c.id
    )
    rows = connection.execute(query.order_by(counted.c.number_of_plots.desc(), classifications.c.name))
    return tuple(ClassShare(as_classification(row), row.number_of_plots) for row in rows)
