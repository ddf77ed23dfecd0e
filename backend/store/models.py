"""The model library: registered bundles, what is in force, and both histories."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from backend.domain.changes import ChangeKind
from backend.domain.errors import UnknownNameError
from backend.domain.models import Activation, ModelImport, ModelInfo, ModelState, earlier_model
from backend.domain.predictions import ModelInForce
from backend.store import journal
from backend.store.blobs.protocol import BlobStore
from backend.store.catalogue import known_plot_type
from backend.store.classifying import classification_ids, make_valid, plot_type_ids
from backend.store.database import Database, insert_missing, now
from backend.store.histories import append, count_written
from backend.store.library import active_models, active_plot_types, read_models
from backend.store.manifests import Essentials, essentials
from backend.store.tables import activations, model_imports, models, plot_types
from backend.store.thresholds import change_thresholds
from backend.store.types import plain_name


class Models:
    """Registered models. Bundles are immutable; what changes is which of them is in force."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def register(self, manifest_json: str, bundle_zip: bytes, who: str, source: tuple[str, str] | None = None) -> int:
        """Keep a bundle as a candidate; returns its number. The same bundle again is the same model.

        Its labels become valid classifications of its plot type and its thresholds the first in force. `source` is
        the file it was taken in from and the public key that signed it (or ""), which the history of imports keeps.
        Raises BundleError when the manifest lacks what the store needs.
        """
        manifest = essentials(manifest_json)
        name = self._blobs.put(bundle_zip)
        ticket = uuid.uuid4()

        def write(connection: Connection) -> int:
            known = connection.scalar(select(models.c.id).where(models.c.digest == name))
            number = int(known or _register(connection, manifest, manifest_json, name, who, ticket))
            if source is not None:
                entry = {"model_id": number, "file": source[0], "signed_by": source[1]}
                append(connection, model_imports, ticket, [entry | {"who": who}])
            return number

        return self._database.write(write)

    def all(self, plot_type: str | None = None) -> list[ModelInfo]:
        """All models by number, or those made for one plot type."""
        found = self._database.read(read_models)
        return [info for info in found if plot_type is None or info.plot_type == plain_name(plot_type)]

    def get(self, model_id: int) -> ModelInfo:
        """One model; UnknownNameError where there is none."""
        return self._database.read(lambda connection: _one(connection, model_id))

    def activate(self, model_id: int, who: str, plot_type: str | None = None, note: str = "") -> None:
        """Let a model judge its own plot type, or a look-alike, from now on. Registers that plot type if need be."""
        ticket = uuid.uuid4()
        self._database.write(lambda connection: _activate(connection, model_id, who, plot_type, note, ticket))

    def roll_back(self, plot_type: str, who: str, note: str = "") -> Activation:
        """Let the model judge that did before the present one; returns the new activation. UnknownNameError."""
        ticket = uuid.uuid4()

        def write(connection: Connection) -> Activation:
            known_plot_type(connection, plot_type)
            if not count_written(connection, activations, ticket, 1):
                earlier = earlier_model(_activations(connection, plot_type))
                if earlier is None:
                    raise UnknownNameError(
                        f"{plot_type} had no other model before, so there is none to go back to. Nothing was changed."
                    )
                _activate(connection, earlier, who, plot_type, note, ticket)
            return _activations(connection, plot_type)[-1]

        return self._database.write(write)

    def imports(self, model_id: int) -> list[ModelImport]:
        """When this model was taken in from files, oldest first."""
        query = select(model_imports).where(model_imports.c.model_id == model_id).order_by(model_imports.c.id)
        return self._database.read(
            lambda connection: [
                ModelImport(row.file, row.signed_by, row.who, row.at) for row in connection.execute(query)
            ]
        )

    def in_force(self) -> dict[str, ModelInForce]:
        """The judging model by plot type, with the thresholds now in force."""

        return self._database.read(read_in_force)

    def bundle(self, digest: str) -> bytes:
        """The zipped bundle; BlobError when it is missing or damaged."""
        return self._blobs.get(digest)

    def activations(self, plot_type: str) -> list[Activation]:
        """Which model judged a plot type from when on, oldest first."""
        return self._database.read(lambda connection: _activations(connection, plot_type))


def read_in_force(connection: Connection) -> dict[str, ModelInForce]:
    """The judging model by plot type."""
    infos = read_models(connection, set(active_models(connection).values()))
    return {name: _in_force(info) for info in infos for name in info.active_for}


def _register(connection: Connection, manifest: Essentials, text: str, name: str, who: str, ticket: uuid.UUID) -> int:
    moment = now()
    plot_type_id = plot_type_ids(connection, [manifest.plot_type], moment)[manifest.plot_type]
    make_valid(connection, plot_type_id, set(classification_ids(connection, manifest.labels).values()))
    values = _row(manifest, text, moment) | {"plot_type_id": plot_type_id, "digest": name, "author": who}
    insert_missing(connection, models, [values])
    number = int(connection.execute(select(models.c.id).where(models.c.digest == name)).scalar_one())
    change_thresholds(connection, number, manifest.thresholds, who, "INIT", ticket)
    return number


def _row(manifest: Essentials, text: str, moment: datetime) -> dict[str, Any]:
    return {
        "labels": json.dumps(manifest.labels),
        "architecture": manifest.architecture,
        "manifest": text,
        "state": ModelState.CANDIDATE.value,
        "created_at": moment,
    }


def _activations(connection: Connection, plot_type: str) -> list[Activation]:
    query = select(activations).join(plot_types).where(plot_types.c.name == plain_name(plot_type))
    return [
        Activation(plot_type, row.model_after, row.model_before, row.who, row.at, row.note)
        for row in connection.execute(query.order_by(activations.c.id))
    ]


def _one(connection: Connection, model_id: int) -> ModelInfo:
    found = read_models(connection, [model_id])
    if not found:
        raise UnknownNameError(f"There is no model {model_id}. `hydra-gui models list` shows all.")
    return found[0]


def _activate(
    connection: Connection, model_id: int, who: str, plot_type: str | None, note: str, ticket: uuid.UUID
) -> None:
    info = _one(connection, model_id)
    name = plot_type or info.plot_type
    plot_type_id = plot_type_ids(connection, [name])[name]
    make_valid(connection, plot_type_id, set(classification_ids(connection, info.labels).values()))
    before = active_models(connection).get(plot_type_id)
    entry = {"plot_type_id": plot_type_id, "model_before": before, "model_after": model_id}
    append(connection, activations, ticket, [entry | {"who": who, "note": note}])
    _set_states(connection, {model_id} | ({before} if before is not None else set()))
    journal.note(connection, ChangeKind.CATALOGUE)


def _set_states(connection: Connection, model_ids: set[int]) -> None:
    judging = active_plot_types(connection)
    for number in sorted(model_ids):
        state = ModelState.ACTIVE if judging[number] else ModelState.RETIRED
        connection.execute(update(models).where(models.c.id == number).values(state=state.value))


def _in_force(info: ModelInfo) -> ModelInForce:
    return ModelInForce(info.model_id, info.digest, info.labels, info.thresholds)
