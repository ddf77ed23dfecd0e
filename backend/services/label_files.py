"""Label files: CSV with the columns path,plot_type,run,chunk,label. Parsing and writing only; no store, no images."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from backend.domain.errors import HydraError
from backend.domain.plots import PlotIdentity
from backend.feed.naming import MAX_NAME, MAX_NUMBER

COLUMNS = ("path", "plot_type", "run", "chunk", "label")
_REQUIRED = frozenset({"path", "plot_type", "run", "label"})


class LabelFileError(HydraError):
    """The file as a whole cannot be used; nothing was imported from it."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One usable row. `line` counts from 1 with the header; `path` is as it stands in the file."""

    line: int
    path: str
    identity: PlotIdentity
    label: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row that was left out, and why."""

    line: int
    path: str
    reason: str


def read_rows(file: Path) -> Iterator[LabelRow | RejectedRow]:
    """Every row in order, usable or not; other columns are ignored. LabelFileError where there is no such table."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            yield from _parse_all(file, stream)
    except OSError as error:
        raise LabelFileError(f"{file} cannot be read: {error.strerror}. Name a readable CSV file.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelFileError(
            f"{file} is not a CSV file in UTF-8 ({error}). Rows before the damage were imported; "
            "save it as UTF-8 and import it again, nothing is doubled."
        ) from error


def _parse_all(file: Path, stream: IO[str]) -> Iterator[LabelRow | RejectedRow]:
    table = csv.DictReader(stream)
    missing = _REQUIRED - set(table.fieldnames or ())
    if missing:
        raise LabelFileError(
            f"{file} lacks the column{'s' * (len(missing) > 1)} {', '.join(sorted(missing))}; nothing was imported. "
            f"The first line must be: {','.join(COLUMNS)}"
        )
    for fields in table:
        yield _parse(table.line_num, fields)


def _parse(line: int, fields: Mapping[str, str | None]) -> LabelRow | RejectedRow:
    text = {name: (fields.get(name) or "").strip() for name in COLUMNS}
    try:
        for name in ("path", "plot_type", "label"):
            if not text[name]:
                raise ValueError(f"no {name}")
        if len(text["plot_type"]) > MAX_NAME:
            raise ValueError(f"the plot type has more than {MAX_NAME} characters")
        chunk = _number(text["chunk"], "chunk") if text["chunk"] else None
        identity = PlotIdentity(text["plot_type"], _number(text["run"], "run"), chunk)
    except ValueError as error:
        return RejectedRow(line, text["path"], str(error))
    return LabelRow(line, text["path"], identity, text["label"])


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MAX_NUMBER:
        raise ValueError(f"{name} is {text!r}, not a whole number from 0 to {MAX_NUMBER}")
    return int(text)


def write_rows(stream: IO[str], rows: Iterable[tuple[str, PlotIdentity, str]]) -> int:
    """Write a label file of (path, identity, label); returns how many rows."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for path, identity, label in rows:
        chunk = "" if identity.chunk is None else identity.chunk
        writer.writerow((path, identity.plot_type, identity.run, chunk, label))
        count += 1
    return count


def count_lines(file: Path) -> int:
    """Lines of a file, for a progress bar; 0 where it cannot be read (reading it will say why)."""
    try:
        with file.open("rb") as stream:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))
    except OSError:
        return 0
