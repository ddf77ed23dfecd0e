"""The import killed, doubled, run from a shell, and with a million rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.domain.errors import StoreRefusedError
from backend.domain.foreign import Part
from backend.store import Store
from backend.store.foreign_labels import HOW
from backend.store.tables import (
    foreign_verdicts,
    label_events,
    plots,
)
from hydra_gui.cli.program import run_command
from tests.fakes.hydra_database import HydraDatabase, make_hydra, write_images
from tests.fakes.hydra_import import EVERYTHING, LABELS, PLOTS, VERDICTS, bring, counted, taken
from tests.mariadb import PASSWORD, MariaDb

_IMPORTS = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from backend.access.opening import Access
from backend.services.hydra import importing
from backend.services.hydra.source import HydraSource
from backend.store import Store
importing._PORTION, importing._PLOTS_PORTION = 50, 10
source = HydraSource(Access(sys.argv[1], lambda: sys.argv[4], {}), ZoneInfo("UTC"))
with Store.open(sys.argv[2], Path(sys.argv[3])) as store:
    def tell(part, read, total):
        print(part, read, flush=True)
    importing.import_hydra(source, store, importing.ImportOptions(Path(sys.argv[5])), tell)
"""


def test_that_killing_it_at_any_moment_loses_and_doubles_nothing(
    hydra: HydraDatabase, images: Path, mariadb_url: str, tmp_path: Path
) -> None:
    Store.upgrade(mariadb_url)
    command = [sys.executable, "-c", _IMPORTS, hydra.url, mariadb_url, str(tmp_path), PASSWORD, str(images)]
    for said in (f"{Part.PLOTS} 100", f"{Part.LABELS} 150", f"{Part.VERDICTS} 1200"):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            assert any(line.startswith(said) for line in program.stdout)
            os.kill(program.pid, signal.SIGKILL)
    with Store.open(mariadb_url, tmp_path) as store:
        report = bring(hydra, store, images)
        assert taken(report) == EVERYTHING
        assert {part.part: part.read for part in report.parts} == EVERYTHING
        assert counted(store, label_events) == LABELS
        assert counted(store, foreign_verdicts) == VERDICTS
        assert store.counts().imported == counted(store, plots) == PLOTS


def test_that_a_second_import_of_the_same_source_is_told_and_harmless(
    hydra: HydraDatabase, images: Path, embedded: Store
) -> None:
    """It happens in the middle of the first, which then finds that it was overtaken."""

    def tell(part: Part, read: int, _total: int) -> None:
        if part is Part.VERDICTS and read == 0:
            bring(hydra, embedded, images)

    with pytest.raises(StoreRefusedError, match="Another program imports from the same source"):
        bring(hydra, embedded, images, on_progress=tell)
    assert counted(embedded, foreign_verdicts) == VERDICTS


def test_that_the_command_brings_and_reports(
    hydra: HydraDatabase,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HYDRA_SOURCE_PASSWORD", PASSWORD)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")
    words = ["--data-dir", str(tmp_path / "data"), "import-hydra", hydra.url]
    assert run_command([*words, "--dry-run", "--images", str(images), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dry_run"]
    assert {part["part"]: part["taken"] for part in told["parts"]} == EVERYTHING
    assert not (tmp_path / "data" / "hydra.db").exists()
    assert run_command(words) == 1
    assert "--images DIR" in capsys.readouterr().out
    assert run_command([*words, "--images", str(images)]) == 0
    assert "run history" in capsys.readouterr().out
    assert run_command([*words, "--timezone", "Hall/D"]) == 2
    assert run_command([*words, "--images", str(tmp_path / "none")]) == 1
    assert run_command([*words[:-1], "mysql://hydra:s3cret@127.0.0.1/x"]) == 3
    assert "s3cret" not in capsys.readouterr().err
    assert HOW == "hydra"


@pytest.mark.soak
def test_that_a_million_rows_come_over(mariadb_server: MariaDb, mariadb_url: str, tmp_path: Path) -> None:
    made = make_hydra(mariadb_server, 100_000, 300_000, 600_000, plot_types=75)
    kept = write_images(made, tmp_path / "kept", 10_000)
    Store.upgrade(mariadb_url)
    with Store.open(mariadb_url, tmp_path) as store:
        begun = time.monotonic()
        report = bring(made, store, tmp_path / "kept")
        seconds = time.monotonic() - begun
        assert sum(part.read for part in report.parts) > 1_000_000
        assert taken(report)[Part.PLOTS] == kept == store.counts().imported
        assert taken(report)[Part.LABELS] == 3 * kept == counted(store, label_events)
        assert taken(report)[Part.VERDICTS] == 600_000 == counted(store, foreign_verdicts)
        read = sum(part.read for part in report.parts)
    print(f"{read} rows in {seconds:.0f} s: {read / seconds:.0f} rows/s")  # noqa: T201 - a figure to be read
    made.drop()
