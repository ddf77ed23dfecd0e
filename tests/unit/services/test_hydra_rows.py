"""Rows of Hydra's tables, good and hostile, without a database."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.plots import PlotIdentity
from backend.services.hydra.images import ImageFolder, ImagesError
from backend.services.hydra.outputs import best_class
from backend.services.hydra.rows import (
    DoesNotFitError,
    Names,
    as_json,
    read_identity,
    read_label,
    read_plot_type,
    read_threshold,
    read_verdict,
    training_marks,
    usable_name,
)

NAMES = Names({1: "CDC", 2: "FDC"}, {1: True, 2: False}, {1: "Good", 2: "Bad"})


@pytest.mark.parametrize(
    ("output", "best"),
    [
        ('{"Good": 0.25, "Bad": 0.75}', ("Bad", 0.75)),
        ('{"Labels": {"0": "Good", "1": "Bad"}, "Confidences": [0.875, 0.125]}', ("Good", 0.875)),
        ('{"Labels": {"0": "Good", "1": "Bad"}, "Confidences": [[0.125, 0.875]]}', ("Bad", 0.875)),
        ('{"MetaData": {}, "Analysis": {"Labels": {"0": "Good"}, "Confidences": [1]}}', ("Good", 1.0)),
        ("", None),
        ("0.5", None),
        ("[0.1, 0.9]", None),
        ("{}", None),
        ('{"Good": 1.5}', None),
        ('{"Good": true}', None),
        ('{"Good": NaN}', None),
        ('{"Good": 1e999}', None),
        ('{"": 1}', None),
        ('{"Labels": {"7": "Good"}, "Confidences": [1]}', None),
        ('{"Labels": {}, "Confidences": []}', None),
        ("[" * 100_000, None),
        ('{"a": ' + "[" * 5000, None),
    ],
)
def test_that_the_best_class_is_read_from_every_known_form(output: str, best: tuple[str, float] | None) -> None:
    assert best_class(output) == best


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Labels", "Confidences", "Analysis", "0", "1", "Good"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.text(max_size=200) | JSON.map(json.dumps))
def test_that_no_output_breaks_the_reading(output: str) -> None:
    best = best_class(output)
    assert best is None or (best[0].isprintable() and 0.0 <= best[1] <= 1.0)


FIELDS = st.none() | st.integers() | st.text(max_size=8) | st.binary(max_size=8) | st.floats() | st.booleans()
COLUMNS = (
    "Name", "Plot_Types_ID", "RunPeriod", "RunNumber", "Chunk", "TrainingWeight", "ForcedValidation", "User", "Plot_ID",
    "Plot_Classification_ID", "Threshold", "Model_ID", "PlotType_ID", "Output", "ModelID", "ChunkNumber", "Unbiased",
)  # fmt: skip


@given(st.fixed_dictionaries(dict.fromkeys(COLUMNS, FIELDS)))
def test_that_no_row_breaks_the_reading(fields: dict[str, object]) -> None:
    row = {"ID": 1, "InsertDateTime": datetime(2025, 1, 1, tzinfo=UTC), "DateTime": None, **fields}
    for read in (
        lambda: read_plot_type(row, Names()),
        lambda: read_identity(row, NAMES),
        lambda: read_label(row, NAMES, None),
        lambda: read_threshold(row, NAMES),
        lambda: read_verdict(row, NAMES),
        lambda: training_marks(row),
    ):
        with contextlib.suppress(DoesNotFitError):  # and nothing else
            read()
    assert json.loads(as_json(row))["ID"] == 1


def test_that_chunks_count_only_where_a_plot_type_has_them() -> None:
    row = {"RunPeriod": "RunPeriod-2025-01", "RunNumber": 7, "Chunk": 3}
    assert read_identity({**row, "Plot_Types_ID": 1}, NAMES) == PlotIdentity("CDC", 7, 3, "RunPeriod-2025-01")
    assert read_identity({**row, "Plot_Types_ID": 2}, NAMES) == PlotIdentity("FDC", 7, None, "RunPeriod-2025-01")
    assert read_identity({**row, "Plot_Types_ID": 1, "Chunk": -1}, NAMES).chunk is None


def test_that_flags_are_read_as_bits_numbers_and_words() -> None:
    for yes, no in ((b"\x01", b"\x00"), (1, 0), (True, False), ("1", "0")):
        assert training_marks({"TrainingWeight": 0, "ForcedTraining": yes, "ForcedValidation": no}) == (0, "training")
        assert training_marks({"TrainingWeight": 4, "ForcedTraining": no, "ForcedValidation": yes}) == (4, "validation")
    assert training_marks({}) == (1, "")


@pytest.mark.parametrize("name", [None, "", "  ", "a\tb", "\u202eevil", "x" * 200, b"\xff\x00"])
def test_that_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(DoesNotFitError, match="name"):
        usable_name(name, 128)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in (
        "RunPeriod-A/Run000042/CDC_0001.png",
        "RunPeriod-A/Run43/FDC.jpg",
        "RunPeriod-A/Run000044/CDC-07_0002.PNG",
        "RunPeriod-A/Run000044/notes.txt",
        "Run000045/CDC.png",
        "46/Kinematics-PSEnergy.png",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("identity", "found"),
    [
        (PlotIdentity("CDC", 42, 1, "RunPeriod-A"), "RunPeriod-A/Run000042/CDC_0001.png"),
        (PlotIdentity("FDC", 43, None, "RunPeriod-A"), "RunPeriod-A/Run43/FDC.jpg"),
        (PlotIdentity("CDC", 44, 2, "RunPeriod-A"), "RunPeriod-A/Run000044/CDC-07_0002.PNG"),
        (PlotIdentity("CDC", 45, None, "RunPeriod-B"), "Run000045/CDC.png"),
        (PlotIdentity("Kinematics-PSEnergy", 46, None, ""), "46/Kinematics-PSEnergy.png"),
        (PlotIdentity("CDC", 42, 2, "RunPeriod-A"), None),
        (PlotIdentity("CDC", 42, None, "RunPeriod-A"), None),
        (PlotIdentity("CDC", 42, 1, "../RunPeriod-A"), None),
        (PlotIdentity("CDC", 42, 1, "RunPeriod-A\0"), None),
    ],
)
def test_that_images_are_found_where_hydra_keeps_them(folder: Path, identity: PlotIdentity, found: str | None) -> None:
    path = ImageFolder(folder).find(identity)
    assert (path.relative_to(folder).as_posix() if path else None) == found


def test_that_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImagesError, match="no folder"):
        ImageFolder(tmp_path / "none")
