"""Orders and scopes of plots to label that compare what was said: by models among each other, by people, by both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, exists, func, select

from backend.domain.labels import LabelHow
from backend.store.tables import label_events, models, plots, second_labels, verdicts
from backend.store.tables.histories import NO_LABEL
from backend.store.types import plain_name


def disagreements(plot_type_id: int) -> Subquery:
    """`plot_id`, and `doubt`: how sure the less sure one is of two models that say different things of a plot."""
    one, other = verdicts.alias("one"), verdicts.alias("other")
    differ = and_(
        other.c.plot_id == one.c.plot_id,
        other.c.model_id > one.c.model_id,
        other.c.classification_id != one.c.classification_id,
    )
    less = case((one.c.confidence < other.c.confidence, one.c.confidence), else_=other.c.confidence)
    joined = one.join(other, differ).join(plots, plots.c.id == one.c.plot_id)
    query = select(one.c.plot_id, func.max(less).label("doubt")).select_from(joined)
    return query.where(plots.c.plot_type_id == plot_type_id).group_by(one.c.plot_id).subquery("disagreement")


def misjudged(connection: Connection, plot_type_id: int) -> Subquery:
    """`plot_id` and `confidence` of labelled plots of which the newest model of the plot type says something else."""
    newest_model = connection.scalar(select(func.max(models.c.id)).where(models.c.plot_type_id == plot_type_id))
    later = label_events.alias("later_label")
    newest = select(func.max(later.c.id)).where(later.c.plot_id == label_events.c.plot_id).scalar_subquery()
    joined = label_events.join(
        verdicts, and_(verdicts.c.plot_id == label_events.c.plot_id, verdicts.c.model_id == newest_model)
    )
    return (
        select(label_events.c.plot_id, verdicts.c.confidence)
        .select_from(joined)
        .where(
            label_events.c.plot_type_id == plot_type_id,
            label_events.c.id == newest,
            label_events.c.label_after != NO_LABEL,
            label_events.c.label_after != verdicts.c.classification_id,
        )
        .subquery("misjudged")
    )


def is_for_second(who: str) -> list[ColumnElement[bool]]:
    """Conditions on the newest label event: by somebody else, and this person never said anything of the plot."""
    mine = label_events.alias("mine")
    told = exists().where(mine.c.plot_id == plots.c.id, mine.c.who == plain_name(who))
    s = second_labels.alias("said")
    later = second_labels.alias("said_later")
    last = select(func.max(later.c.id)).where(later.c.plot_id == s.c.plot_id, later.c.who == s.c.who).scalar_subquery()
    seconded = exists().where(
        s.c.plot_id == plots.c.id, s.c.who == plain_name(who), s.c.label_after != NO_LABEL, s.c.id == last
    )
    return [label_events.c.label_after != NO_LABEL, label_events.c.who != plain_name(who), ~told, ~seconded]


def is_contested() -> list[ColumnElement[bool]]:
    """Conditions on the newest label event: somebody's second label differs, and nobody has decided since."""
    s = second_labels.alias("against")
    later = second_labels.alias("against_later")
    last = select(func.max(later.c.id)).where(later.c.plot_id == s.c.plot_id, later.c.who == s.c.who).scalar_subquery()
    against = exists().where(
        s.c.plot_id == plots.c.id,
        s.c.id == last,
        s.c.label_after != NO_LABEL,
        s.c.label_after != label_events.c.label_after,
        s.c.at > label_events.c.at,
    )
    return [label_events.c.label_after != NO_LABEL, against]


def is_open_question() -> ColumnElement[bool]:
    """Condition on the newest label event: nobody has looked at that label again and kept it."""
    return label_events.c.how != LabelHow.UPHELD.value


def newest_label(plot_type_id: int) -> Select[Any]:
    """Plot, label (a row number) and event number of every labelled plot of a type."""
    later = label_events.alias("later_label")
    newest = select(func.max(later.c.id)).where(later.c.plot_id == label_events.c.plot_id).scalar_subquery()
    e = label_events.c
    query = select(e.plot_id, e.label_after, e.id, e.how).where(e.plot_type_id == plot_type_id, e.id == newest)
    return query.where(e.label_after != NO_LABEL)
