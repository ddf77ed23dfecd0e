"""How files are named: `Name[-padNumber][_chunk].ext` below folders that tell run and run period. No input or output.

The grammar is that of Hydra. Where it is silent, these choices hold:

- One chunk and one pad are read, from the right and in this order; what remains is the name, unchanged:
  `Name_1_2` is chunk 2 of `Name_1`, and `Name_12-3` is `Name_12`.
- Numbers are ASCII digits. One above 2³¹−1 is no chunk (rejected, or every file would be its own plot type) and no run
  (passed over).
- A name holds at least one letter, or the frames of a camera, `0001.png`, would each be a plot type; nothing invisible,
  or two names that look alike would be two plot types; and it is composed (NFC), so that a sender's operating system
  does not matter.
- Folders are read from the file outwards and the innermost that tells a run wins: `Run2/297031` is run 297031. `Run`
  is case-sensitive and a number must follow it, possibly after `-`, `_` or a space: `RunControl` tells no run.
- A plot in no run folder is of run 0, as simulated ones are: a hall that writes all plots into one flat folder must
  still be watched. It belongs to no run of the experiment, and no such run is claimed for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

from backend.domain.errors import PlotRejectedError
from backend.domain.plots import PlotIdentity
from backend.domain.quarantine import QuarantineReason

MAX_NUMBER = 2**31 - 1
"""The largest run and chunk: what fits an INTEGER column of every database."""

MAX_NAME = 128
"""Characters of the longest plot-type name."""

_STEM = re.compile(r"(?P<name>.+?)(?:-(?P<pad>[0-9]+))?(?:_(?P<chunk>[0-9]+))?", re.DOTALL)
_RUN = re.compile(r"Run(?!Period)[-_ ]?(?P<number>[0-9]+)")
_DIGITS = re.compile(r"[0-9]+")


def identify(path: PurePath, above: PurePath | None = None) -> PlotIdentity:
    """Which plot the file claims to be.

    `path` is best given relative to the watched folder. `above`, the watched folder itself, is asked for what `path`
    does not say, but only for folders named Run… or RunPeriod…: a bare number up there is a year or an account.
    Raises PlotRejectedError(BAD_NAME).
    """
    name, chunk = _read_stem(path.name)
    inner, outer = path.parts[:-1][::-1], above.parts[::-1] if above else ()
    run = _first_run(inner, bare=True)
    if run is None:
        run = _first_run(outer, bare=False)
    return PlotIdentity(name, run or 0, chunk, _first_period((*inner, *outer)))


def plot_type_name(text: str) -> str:
    """A plot type named outright, composed and trimmed as one from a file name. Raises PlotRejectedError(BAD_NAME)."""
    name = unicodedata.normalize("NFC", text).strip()
    _check(text, name)
    return name


def run_period_name(text: str) -> str:
    """A run period named outright, as one from a folder would be read."""
    return printable(unicodedata.normalize("NFC", text).strip("-_ "))


def printable(path: str) -> str:
    """The path as a person can read it: what has no glyph, or is no character at all, is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path)


def with_pad(file_name: str, pad: int) -> str:
    """The file name with another pad number: another file name for the same plot."""
    stem, dot, suffix = file_name.rpartition(".")
    parts = _STEM.fullmatch(stem)
    if parts is None:
        return f"{file_name}-{pad:02d}"
    chunk = f"_{parts['chunk']}" if parts["chunk"] else ""
    return f"{parts['name']}-{pad:02d}{chunk}{dot}{suffix}"


def _read_stem(file_name: str) -> tuple[str, int | None]:
    stem, _, suffix = file_name.rpartition(".")
    parts = _STEM.fullmatch(stem)
    if parts is None or not suffix:
        raise _rejected(file_name, "has no name or no suffix")
    name = unicodedata.normalize("NFC", parts["name"]).strip()
    _check(file_name, name)
    chunk = _number(parts["chunk"]) if parts["chunk"] else None
    if parts["chunk"] and chunk is None:
        raise _rejected(file_name, f"has a chunk number above {MAX_NUMBER}")
    return name, chunk


def _check(file_name: str, name: str) -> None:
    if not name.isprintable():
        raise _rejected(file_name, "holds invisible or undecodable characters")
    if not any(c.isalpha() for c in name):
        raise _rejected(file_name, "has no letter in its name")
    if len(name) > MAX_NAME:
        raise _rejected(file_name, f"has a name of {len(name)} characters; at most {MAX_NAME} are kept")


def _first_run(parts: Iterable[str], *, bare: bool) -> int | None:
    for part in parts:
        match = _RUN.search(part)
        digits = match["number"] if match else part if bare and _DIGITS.fullmatch(part) else ""
        run = _number(digits)
        if run is not None:
            return run
    return None


def _first_period(parts: Iterable[str]) -> str:
    """The innermost part that tells a run period, without a run that stands in the same part, or ""."""
    for part in parts:
        if "RunPeriod" in part:
            return printable(unicodedata.normalize("NFC", _without_run(part).strip("-_ ")))
    return ""


def _without_run(part: str) -> str:
    """What stands before or after the run in a part that tells both, whichever tells the period."""
    run = _RUN.search(part)
    if run is None:
        return part
    return part[: run.start()] if "RunPeriod" in part[: run.start()] else part[run.end() :]


def _number(digits: str) -> int | None:
    """The number, or None where there is none or it is too large."""
    significant = digits.lstrip("0")
    if not digits or len(significant) > len(str(MAX_NUMBER)):
        return None
    number = int(significant or "0")
    return number if number <= MAX_NUMBER else None


def _rejected(file_name: str, why: str) -> PlotRejectedError:
    return PlotRejectedError(QuarantineReason.BAD_NAME, f"The file name {printable(file_name)!r} {why}.")
