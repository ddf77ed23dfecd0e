"""What the labelling screen reads: plots in a chosen order, their labels and guesses, palettes and counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, Subquery, and_, case, func, or_, select

from backend.domain.labelling import (
    LONGEST_LISTING,
    Guess,
    LabelCount,
    LabelScope,
    Palette,
    PlotListing,
    PlotOrder,
    PlotQuery,
    PlotToLabel,
    PlotTypeToLabel,
)
from backend.domain.labels import StandingLabel
from backend.store.catalogue import known_plot_type, read_plot_types
from backend.store.classifying import as_classification
from backend.store.database import Database
from backend.store.library import active_models
from backend.store.orders import disagreements, is_contested, is_for_second, is_open_question, misjudged
from backend.store.rows import PLOT_COLUMNS, as_plot, plots_named
from backend.store.tables import classifications, label_events, plots, runs, valid_classifications, verdicts
from backend.store.tables.histories import NO_LABEL
from backend.store.types import plain_name

_COMPARING = (PlotOrder.DISAGREEMENT, PlotOrder.MISJUDGED)

_given = classifications.alias("given")
_guessed = classifications.alias("guessed")


class Labelling:
    """Questions of people who label. One listing is one small query; what is shown of it is read by the screenful."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plot_types(self) -> list[PlotTypeToLabel]:
        """All plot types by name, with how many plots they have and how many of these have a label."""
        return self._database.read(_plot_types)

    def listing(self, query: PlotQuery) -> PlotListing:
        """Plots in the order asked for. UnknownNameError where there is no such plot type."""

        def read(connection: Connection) -> PlotListing:
            found = tuple(connection.scalars(_listing(connection, query).limit(LONGEST_LISTING + 1)))
            return PlotListing(query, found[:LONGEST_LISTING], len(found) > LONGEST_LISTING)

        return self._database.read(read)

    def candidates(self, query: PlotQuery) -> list[int]:
        """All plots that a query leaves over, newest first, however many: for those who order them themselves."""
        return self._database.read(lambda connection: list(connection.scalars(_listing(connection, query))))

    def items(self, plot_ids: Sequence[int]) -> list[PlotToLabel]:
        """These plots, at most some hundreds, in the order given; those that do not exist are left out."""

        def read(connection: Connection) -> list[PlotToLabel]:
            found = {row.plot_id: _item(row) for row in connection.execute(_items(connection, plot_ids))}
            return [found[number] for number in plot_ids if number in found]

        return self._database.read(read)

    def palette(self, plot_type: str) -> Palette:
        """What plots of a type can be labelled with and how often each label counts. UnknownNameError."""
        return self._database.read(lambda connection: _palette(connection, plot_type))


def _plot_types(connection: Connection) -> list[PlotTypeToLabel]:
    infos = read_plot_types(connection)
    stored: dict[int, int] = dict(
        connection.execute(select(plots.c.plot_type_id, func.count()).group_by(plots.c.plot_type_id)).all()
    )
    newest = _newest()
    labelled = (
        select(label_events.c.plot_type_id, func.count())
        .join(newest, newest.c.event_id == label_events.c.id)
        .where(label_events.c.label_after != NO_LABEL)
        .group_by(label_events.c.plot_type_id)
    )
    having: dict[int, int] = dict(connection.execute(labelled).all())
    found = [PlotTypeToLabel(info, stored.get(number, 0), having.get(number, 0)) for number, info in infos.items()]
    return sorted(found, key=lambda one: one.info.name)


def _newest(plot_type_id: int | None = None) -> Subquery:
    """The number of the newest event of every plot that has one."""
    events = label_events.c
    query = select(events.plot_id, func.max(events.id).label("event_id")).group_by(events.plot_id)
    if plot_type_id is not None:
        query = query.where(events.plot_type_id == plot_type_id)
    return query.subquery("newest")


def _listing(connection: Connection, query: PlotQuery) -> Select[Any]:
    plot_type_id = known_plot_type(connection, query.plot_type)
    source: FromClause = plots
    conditions: list[ColumnElement[bool]] = [plots.c.plot_type_id == plot_type_id]
    if query.scope is LabelScope.UNLABELLED:
        conditions.append(plots.c.image_expired_at.is_(None))  # nobody can say what it is
    by = _order(query.order)
    if query.order is PlotOrder.UNCERTAIN:
        source = plots.outerjoin(verdicts, counting_verdict(connection))
    elif query.order in _COMPARING:
        compared = misjudged(connection, plot_type_id)
        if query.order is PlotOrder.DISAGREEMENT:
            compared = disagreements(plot_type_id)
        source = plots.join(compared, compared.c.plot_id == plots.c.id)
        by = (list(compared.c)[1].desc(), *by)
    if query.runs:
        source = source.join(runs, runs.c.id == plots.c.run_id)
        conditions.append(or_(*(runs.c.number.between(first, last) for first, last in query.runs)))
    if query.scope is not LabelScope.ALL:
        newest = _newest(plot_type_id)
        source = source.outerjoin(newest, newest.c.plot_id == plots.c.id)
        source = source.outerjoin(label_events, label_events.c.id == newest.c.event_id)
        conditions += _said(connection, query)
    return select(plots.c.id).select_from(source).where(*conditions).order_by(*by)


def _said(connection: Connection, query: PlotQuery) -> list[ColumnElement[bool]]:
    """Conditions on the label that counts."""
    events = label_events.c
    if query.scope is LabelScope.UNLABELLED:
        return [or_(events.id.is_(None), events.label_after == NO_LABEL)]
    if query.scope is LabelScope.SECOND:
        return is_for_second(query.who)
    if query.scope is LabelScope.CONTESTED:
        return is_contested()
    conditions: list[ColumnElement[bool]] = [events.label_after != NO_LABEL]
    if query.order is PlotOrder.ERRORS:
        conditions.append(is_open_question())
    if query.label:
        named = select(classifications.c.id).where(classifications.c.name == plain_name(query.label))
        conditions.append(events.label_after == connection.scalar(named))
    if query.labeller:
        conditions.append(events.who == plain_name(query.labeller))
    return conditions


def _order(order: PlotOrder) -> tuple[ColumnElement[Any], ...]:
    """By lot means by the digest of the image, which nobody chose and which is the same for everybody."""
    newest = (plots.c.taken_at.desc(), plots.c.id.desc())
    if order is PlotOrder.LOT:
        return (plots.c.sha256, plots.c.id)
    if order is PlotOrder.UNCERTAIN:
        return (verdicts.c.confidence.is_(None), verdicts.c.confidence, *newest)
    return newest


def counting_verdict(connection: Connection) -> ColumnElement[bool]:
    """The verdict that counted; of imported plots, that of the model in force, if it was asked."""
    in_force = active_models(connection)
    judge: ColumnElement[Any] = plots.c.model_id
    if in_force:
        judge = func.coalesce(plots.c.model_id, _in_force(in_force))
    return and_(verdicts.c.plot_id == plots.c.id, verdicts.c.model_id == judge)


def _in_force(in_force: dict[int, int]) -> ColumnElement[Any]:
    return case(*((plots.c.plot_type_id == kind, model) for kind, model in in_force.items()))


def _items(connection: Connection, plot_ids: Sequence[int]) -> Select[Any]:
    events = label_events.alias("later").c
    last = select(func.max(events.id)).where(events.plot_id == plots.c.id).correlate(plots).scalar_subquery()
    source = (
        plots_named()
        .outerjoin(label_events, and_(label_events.c.plot_id == plots.c.id, label_events.c.id == last))
        .outerjoin(_given, _given.c.id == label_events.c.label_after)
        .outerjoin(verdicts, counting_verdict(connection))
        .outerjoin(_guessed, _guessed.c.id == verdicts.c.classification_id)
    )
    said = label_events.c
    labels = (_given.c.name.label("label"), said.who, said.at, said.how, said.comment)
    guess = (_guessed.c.name.label("guess"), verdicts.c.confidence, verdicts.c.confirmed)
    return select(*PLOT_COLUMNS, *labels, *guess).select_from(source).where(plots.c.id.in_(plot_ids))


def _item(row: Row[Any]) -> PlotToLabel:
    label = None if row.label is None else StandingLabel(row.label, row.who, row.at, row.how, row.comment)
    guess = None if row.guess is None else Guess(row.guess, row.confidence, bool(row.confirmed))
    return PlotToLabel(as_plot(row), label, guess)


def _palette(connection: Connection, plot_type: str) -> Palette:
    number = known_plot_type(connection, plot_type)
    valid = set(
        connection.scalars(
            select(valid_classifications.c.classification_id).where(valid_classifications.c.plot_type_id == number)
        )
    )
    rows = connection.execute(select(classifications).order_by(classifications.c.id)).all()
    known = {row.id: as_classification(row) for row in rows}
    return Palette(
        plot_type,
        tuple(known[one] for one in known if one in valid),
        tuple(known[one] for one in known if one not in valid),
        tuple(LabelCount(known[row.label].name, row.who, row.number) for row in _counts(connection, number)),
        connection.scalar(select(func.count()).select_from(plots).where(plots.c.plot_type_id == number)) or 0,
    )


def _counts(connection: Connection, plot_type_id: int) -> Sequence[Row[Any]]:
    newest, said = _newest(plot_type_id), label_events.c
    query = (
        select(said.label_after.label("label"), said.who, func.count().label("number"))
        .join(newest, newest.c.event_id == said.id)
        .where(said.label_after != NO_LABEL)
        .group_by(said.label_after, said.who)
    )
    return connection.execute(query).all()
