"""Strips: the last verdicts of many plot types at once.

Neither SQLite nor MariaDB can join "the newest 20 of each" laterally, and a window function would read every
plot there is. One index range per plot type, many of them in one UNION ALL, reads 20 entries each. A mark
travels as one number, and from a server all marks of a plot type as one text: 12,000 rows would take the
driver longer than the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from backend.domain.classifications import Severity
from backend.domain.hall import StripMark
from backend.domain.plots import PlotState
from backend.store.tables import classifications

_ARMS = 100
"""Plot types per statement; SQLite takes at most 500."""

_NO_VERDICT = -1
_SEVERITIES = len(Severity)

_NEWEST = """
  SELECT p.plot_type_id, p.seen_at, p.id,
    COALESCE((v.classification_id * {severities:d} + v.severity) * 2 + v.confirmed, {no_verdict:d}) AS mark
  FROM plots p {hint} LEFT JOIN verdicts v ON v.plot_id = p.id AND v.model_id = p.model_id
  WHERE p.plot_type_id = {plot_type_id:d} AND p.seen_at IS NOT NULL AND p.state <> '{pending}'
  ORDER BY p.seen_at DESC, p.id DESC LIMIT {length:d}"""

_EMBEDDED_ARM = f"SELECT plot_type_id, mark FROM ({_NEWEST}) AS t{{plot_type_id:d}}"  # noqa: S608 - no values
_SERVER_ARM = (
    f"SELECT plot_type_id, GROUP_CONCAT(mark ORDER BY seen_at DESC, id DESC) "  # noqa: S608 - no values
    f"FROM ({_NEWEST}) AS t{{plot_type_id:d}} GROUP BY plot_type_id"
)
_SERVER_HINT = "FORCE INDEX (ix_plots_plot_type_id_seen_at)"


def read_strips(connection: Connection, plot_type_ids: Sequence[int], length: int) -> dict[int, tuple[StripMark, ...]]:
    """The newest `length` marks by plot type, oldest first. A pending plot has no mark yet."""
    marks: defaultdict[int, list[int]] = defaultdict(list)
    for statement in _statements(connection.dialect.name, plot_type_ids, length):
        for plot_type_id, numbers in connection.exec_driver_sql(statement):
            marks[plot_type_id].extend(map(int, str(numbers).split(",")))
    named = connection.execute(select(classifications.c.id, classifications.c.name))
    meaning = _meaning({number for found in marks.values() for number in found}, dict(named.all()))
    return {plot_type_id: tuple(meaning[one] for one in reversed(found)) for plot_type_id, found in marks.items()}


def _statements(dialect: str, plot_type_ids: Sequence[int], length: int) -> Iterator[str]:
    """SQL for portions of the plot types. Plain text: 600 arms made of objects take longer to compose than to run."""
    arm, hint = (_EMBEDDED_ARM, "") if dialect == "sqlite" else (_SERVER_ARM, _SERVER_HINT)
    constants = {"severities": _SEVERITIES, "no_verdict": _NO_VERDICT, "pending": PlotState.PENDING.value}
    for start in range(0, len(plot_type_ids), _ARMS):
        arms = (
            arm.format(plot_type_id=number, length=length, hint=hint, **constants)
            for number in plot_type_ids[start : start + _ARMS]
        )
        yield "\nUNION ALL\n".join(arms)


def _meaning(numbers: set[int], names: Mapping[int, str]) -> dict[int, StripMark]:
    return {number: _mark(number, names) for number in numbers}


def _mark(number: int, names: Mapping[int, str]) -> StripMark:
    if number == _NO_VERDICT:
        return StripMark(None, confirmed=False)
    judged, confirmed = divmod(number, 2)
    classification_id, severity = divmod(judged, _SEVERITIES)
    return StripMark(Severity(severity), bool(confirmed), names.get(classification_id, ""))
