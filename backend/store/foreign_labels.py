"""Labels from another system: appended once, in their order, and never over what somebody said here since."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from backend.domain.foreign import ForeignLabel, Refusal
from backend.store.classifying import classification_ids, make_valid
from backend.store.database import now
from backend.store.foreign_taking import Taken
from backend.store.tables import foreign_plots, label_events, plots

HOW = "hydra"
"""How labels that were brought have been given."""

NO_PLOT = "its plot was not brought, as there is no image of it"
LABELLED_HERE = "somebody has labelled the plot here since; that counts"

_NAMESPACE = uuid.UUID("8b2f4c0e-6a54-4d0b-9f0e-3f8f6f1c2d75")


@dataclass(frozen=True, slots=True)
class _Standing:
    """The label that counts on a plot."""

    classification_id: int
    how: str


def take_labels(connection: Connection, source_id: int, items: Sequence[ForeignLabel]) -> Taken:
    """Append labels of plots that were brought. The ticket of a label follows from its source and number there."""
    homes = _plots(connection, source_id, {item.foreign_plot_id for item in items})
    here = [item for item in items if item.foreign_plot_id in homes]
    refusals = [Refusal(item.foreign_id, NO_PLOT) for item in items if item.foreign_plot_id not in homes]
    tickets = {item.foreign_id: uuid.uuid5(_NAMESPACE, f"{source_id}/{item.foreign_id}") for item in here}
    present = _present(connection, list(tickets.values()))
    fresh = [item for item in here if tickets[item.foreign_id] not in present]
    rows, late = _rows(connection, fresh, homes, tickets)
    if rows:
        connection.execute(insert(label_events), rows)
    _make_valid(connection, rows)
    refusals += [Refusal(number, LABELLED_HERE) for number in late]
    return Taken(len(rows), len(here) - len(fresh), tuple(refusals))


def _rows(
    connection: Connection,
    fresh: Sequence[ForeignLabel],
    homes: dict[int, tuple[int, int]],
    tickets: dict[int, uuid.UUID],
) -> tuple[list[dict[str, Any]], list[int]]:
    """The entries to append, and the numbers of labels that come too late."""
    classes = classification_ids(connection, {item.classification for item in fresh})
    standing = _standing(connection, {homes[item.foreign_plot_id][0] for item in fresh})
    rows, late = [], []
    for item in fresh:
        plot_id, plot_type_id = homes[item.foreign_plot_id]
        before = standing.get(plot_id)
        if before is not None and before.how != HOW:
            late.append(item.foreign_id)
            continue
        after = classes[item.classification]
        standing[plot_id] = _Standing(after, HOW)
        rows.append(
            {
                "ticket": tickets[item.foreign_id],
                "who": item.who,
                "at": item.at or now(),
                "plot_id": plot_id,
                "plot_type_id": plot_type_id,
                "label_before": before.classification_id if before else None,
                "label_after": after,
                "how": HOW,
                "comment": item.comment,
            }
        )
    return rows, late


def _plots(connection: Connection, source_id: int, foreign_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Plot and plot type here, by the number of the plot there."""
    joined = foreign_plots.join(plots, plots.c.id == foreign_plots.c.plot_id)
    mine = (foreign_plots.c.source_id == source_id) & foreign_plots.c.foreign_id.in_(foreign_ids)
    query = select(foreign_plots.c.foreign_id, plots.c.id, plots.c.plot_type_id).select_from(joined).where(mine)
    return {row.foreign_id: (row.id, row.plot_type_id) for row in connection.execute(query)}


def _present(connection: Connection, tickets: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(connection.scalars(select(label_events.c.ticket).where(label_events.c.ticket.in_(tickets))))


def _standing(connection: Connection, plot_ids: Collection[int]) -> dict[int, _Standing]:
    events = label_events.c
    newest = select(func.max(events.id)).where(events.plot_id.in_(plot_ids)).group_by(events.plot_id)
    numbers = list(connection.scalars(newest))
    query = select(events.plot_id, events.label_after, events.how).where(events.id.in_(numbers))
    return {row.plot_id: _Standing(row.label_after, row.how) for row in connection.execute(query)}


def _make_valid(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    given: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        given[row["plot_type_id"]].add(row["label_after"])
    for plot_type_id, numbers in given.items():
        make_valid(connection, plot_type_id, numbers)
