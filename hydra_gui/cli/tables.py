"""Tables in a terminal, all alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from backend.domain.classifications import Severity

SEVERITY_STYLE = {
    Severity.NORMAL: "",
    Severity.INFORMATION: "cyan",
    Severity.WARNING: "yellow",
    Severity.ALARM: "bold red",
}


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> Table:
    """A plain table; columns named in `right` hold numbers. Cells that are strings are not read as markup."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return made


def size(count: int) -> str:
    """Bytes for a person: "3.4 GiB"."""
    for unit, bytes_ in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= bytes_:
            return f"{count / bytes_:.1f} {unit}"
    return f"{count} bytes"
