"""What a label bundle must still contain as it was made: digests over plots with their guesses, and over classes."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from backend.domain.errors import LabelBundleError
from backend.domain.label_bundles import BundleManifest
from backend.store.tables import classifications, label_events, plot_types, plots, runs, verdicts
from backend.store.types import EPOCH

_PLOTS = (plots.c.id, plots.c.sha256, runs.c.number, runs.c.period, plot_types.c.name, plots.c.chunk, plots.c.width)
_MORE = (plots.c.height, plots.c.taken_at, verdicts.c.classification_id, verdicts.c.confidence, verdicts.c.confirmed)
_CLASSES = ("id", "name", "severity", "colour", "symbol")


def plots_digest(connection: Connection) -> str:
    """SHA-256 (hex) over all plots of a bundle, each with where it belongs, its image's digest and its guess."""
    guess = and_(verdicts.c.plot_id == plots.c.id, verdicts.c.model_id == plots.c.model_id)
    source = plots.join(runs, runs.c.id == plots.c.run_id).join(plot_types, plot_types.c.id == plots.c.plot_type_id)
    query = select(*_PLOTS, *_MORE).select_from(source.outerjoin(verdicts, guess)).order_by(plots.c.id)
    return _digest(connection, query)


def classes_digest(connection: Connection, up_to: int | None = None) -> tuple[str, int]:
    """The same over classifications up to a row number, and the last of these; those added later do not count."""
    last = connection.scalar(select(func.max(classifications.c.id))) or 0 if up_to is None else up_to
    columns = [classifications.c[name] for name in _CLASSES]
    query = select(*columns).where(classifications.c.id <= last).order_by(classifications.c.id)
    return _digest(connection, query), last


def last_event(connection: Connection) -> int:
    """The newest entry of the label history."""
    return connection.scalar(select(func.max(label_events.c.id))) or 0


def _digest(connection: Connection, query: Select[Any]) -> str:
    lines = hashlib.sha256()
    for row in connection.execute(query):
        lines.update(json.dumps([_plain(value) for value in row], ensure_ascii=False).encode())
        lines.update(b"\n")
    return lines.hexdigest()


def _plain(value: object) -> object:
    return (value - EPOCH).total_seconds() if isinstance(value, datetime) else value


def write_manifest(manifest: BundleManifest) -> str:
    """As it is stored: one JSON object, always the same text for the same manifest."""
    fields = asdict(manifest) | {"key": str(manifest.key), "hall": str(manifest.hall)}
    return json.dumps(fields | {"made_at": manifest.made_at.isoformat()}, sort_keys=True, ensure_ascii=False)


def read_manifest(text: str) -> BundleManifest:
    """The reverse; LabelBundleError where it is none."""
    try:
        raw = json.loads(text)
        words = {name: _word(raw[name]) for name in _WORDS}
        return BundleManifest(
            key=uuid.UUID(raw["key"]),
            hall=uuid.UUID(raw["hall"]),
            made_at=datetime.fromisoformat(raw["made_at"]),
            plot_types=tuple(_word(name) for name in raw["plot_types"]),
            plots=int(raw["plots"]),
            last_event=int(raw["last_event"]),
            last_class=int(raw["last_class"]),
            **words,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabelBundleError(f"The label bundle does not say what it is ({error}). {ANOTHER}") from error


_WORDS = ("experiment", "made_by", "program", "schema", "chosen", "plots_digest", "classes_digest")
ANOTHER = "Nothing was changed. Fetch the file once more, or have another bundle made in the hall."


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def digest_of(lines: Iterable[str]) -> str:
    """SHA-256 (hex) of a text."""
    return hashlib.sha256("".join(lines).encode()).hexdigest()
