"""Reports of Hydra's predict process: the word `HydraReport`, a space, JSON. Anything may come; no input or output.

`MetaData` says which plot: `inDATA` is the path of the image that was looked at, named by the grammar of
`backend.feed.naming`; where there is none, `plotType_ID` is looked up in the configuration. `Analysis` holds `Labels`
{index: name} and `Confidences`. Everything else is left alone, the heat map too: it is an image of theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePosixPath
from typing import Any

from backend.domain.errors import PlotRejectedError
from backend.domain.foreign import ForeignVerdict
from backend.domain.plots import PlotIdentity
from backend.feed.naming import MAX_NAME, MAX_NUMBER, identify, plot_type_name, printable

TOPIC = b"HydraReport"
MAX_BYTES = 8 * 2**20
"""A report with its heat map takes some ten thousand bytes; more than this is none."""

_FORMATS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S")
_WRONG_BY = timedelta(days=1)
_LARGEST_ID = 2**63 - 1


class ReportError(ValueError):
    """This message is no report that can be used; the message says why, in one of few ways, so that it is counted."""


def parse_report(
    message: bytes, plot_types: Mapping[int, str], zone: tzinfo = UTC, now: datetime | None = None
) -> ForeignVerdict:
    """What a report says. `plot_types` are names by Hydra's numbers, `zone` is that of its times. Raises ReportError.

    The number of the verdict follows from what it says, so that hearing it twice, by two stations, is hearing it once.
    A time that is missing, or wrong by more than a day, is taken as `now`.
    """
    found = _object(_read(message), "no JSON object")
    about, analysis = _object(found.get("MetaData"), "no MetaData"), _object(found.get("Analysis"), "no Analysis")
    identity = _identity(about, plot_types)
    name, confidence, said = _best(analysis)
    heard = now or datetime.now(UTC)
    decided = _time(about.get("datetime"), zone)
    if decided is None or abs(decided - heard) > _WRONG_BY:
        decided = heard
    model, moment = _whole(about.get("modelID"), _LARGEST_ID), about.get("datetime")
    return ForeignVerdict(
        foreign_id=_number_of(identity, model, moment if isinstance(moment, str) else "", said),
        plot_type=identity.plot_type,
        run=identity.run,
        chunk=identity.chunk,
        model=model,
        taken_at=None,
        decided_at=decided,
        classification=name,
        confidence=confidence,
        output=said,
        thresholds="",
        unbiased=False,
    )


def _read(message: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    if len(message) > MAX_BYTES:
        raise ReportError("too large")
    topic, _, text = message.partition(b" ")
    if topic != TOPIC or not text:
        raise ReportError("does not begin with HydraReport and a space")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportError("no JSON") from error


def _object(value: object, why: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ReportError(why)
    return value


def _identity(about: Mapping[str, Any], plot_types: Mapping[int, str]) -> PlotIdentity:
    path, run = about.get("inDATA"), _whole(about.get("runNumber"), MAX_NUMBER)
    try:
        if isinstance(path, str) and path.strip() and len(path) <= 4096:
            named = identify(PurePosixPath(path))
            return PlotIdentity(named.plot_type, named.run if run is None else run, named.chunk)
        number = _whole(about.get("plotType_ID"), _LARGEST_ID)
        if number is None or number not in plot_types:
            raise ReportError("no image path, and a plotType_ID that is not configured")
        if run is None:
            raise ReportError("no run")
        return PlotIdentity(plot_type_name(plot_types[number]), run)
    except PlotRejectedError as error:
        raise ReportError("an image path that names no plot") from error


def _best(analysis: Mapping[str, Any]) -> tuple[str, float, str]:
    """The most probable class, its probability, and all of them as JSON."""
    labels, values = analysis.get("Labels"), analysis.get("Confidences")
    if not isinstance(labels, Mapping) or not isinstance(values, list) or not values:
        raise ReportError("no labels with confidences")
    row = values[0] if isinstance(values[0], list) else values
    scores = dict(_score(index, name, row) for index, name in labels.items())
    if not scores:
        raise ReportError("no labels with confidences")
    best = max(scores, key=lambda name: scores[name])
    return best, scores[best], json.dumps(scores, ensure_ascii=False)[:60_000]


def _score(index: object, name: object, values: list[Any]) -> tuple[str, float]:
    place = int(index) if isinstance(index, str) and index.isascii() and index.isdigit() and len(index) < 6 else -1
    if not 0 <= place < len(values) or not isinstance(name, str):
        raise ReportError("labels that do not fit the confidences")
    clean, value = printable(name.strip()), values[place]
    if not clean or len(clean) > MAX_NAME:
        raise ReportError("a label without a usable name")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        raise ReportError("a confidence that is not between 0 and 1")
    return clean, float(value)


def _time(value: object, zone: tzinfo) -> datetime | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    for form in _FORMATS:
        try:
            return datetime.strptime(value.strip(), form).replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _whole(value: object, largest: int) -> int | None:
    """A number as Hydra writes it, which may be text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest
    return value if usable and isinstance(value, int) else None


def _number_of(*parts: object) -> int:
    """63 bits of a hash: of a million reports two collide once in ten million tries."""
    digest = hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
