"""`hydra-gui stations` and what `serve` accepts on a shared database, as a shell sees them."""

import json
import os
from pathlib import Path

import pytest

from backend.domain.stations import StationRole
from backend.store import Store
from backend.store.stations import Entering
from hydra_gui.cli.program import run_command
from tests.samples import commit, new_plot


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = run_command([*map(str, words)])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")


def test_that_stations_are_listed_with_role_and_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        here = Entering(StationRole.ENGINE, "1.2", os.uname().nodename, os.getpid(), "tcp://127.0.0.1:5570")
        store.stations.enter("hall-d", here)
    code, shown = run(capsys, "--data-dir", data, "stations")
    assert code == 0
    assert all(word in shown for word in ("hall-d", "engine", "running", "1.2", "tcp://127.0.0.1:5570"))
    _, told = run(capsys, "--data-dir", data, "--json", "stations")
    station = json.loads(told)
    assert (station["name"], station["role"], station["state"]) == ("hall-d", "engine", "running")
    assert station["age_s"] < 60


def test_that_a_probe_hears_whether_a_station_of_this_machine_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        store.stations.enter("elsewhere", Entering(StationRole.ENGINE, host="another.hall", pid=1))
        assert run(capsys, "--data-dir", data, "stations", "--here")[0] == 1
        store.stations.enter("hall-d", Entering(StationRole.ENGINE, host=os.uname().nodename, pid=os.getpid()))
    code, shown = run(capsys, "--data-dir", data, "stations", "--here")
    assert code == 0
    assert "hall-d" in shown
    assert "elsewhere" not in shown


def test_that_what_waits_and_what_was_skipped_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        commit(store, [new_plot(number) for number in range(3)], lease_s=-1)
        assert store.work.skip_older(60) == 3
        commit(store, [new_plot(number) for number in range(10, 12)])
    _, shown = run(capsys, "--data-dir", data, "stations")
    assert "2 plots wait for a verdict, 3 were too old to be judged" in shown


def test_that_without_a_station_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--data-dir", tmp_path, "stations") == (0, "No station was here lately.\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["serve"], "No folder is watched"),
        (["--store", "mysql://hydra@127.0.0.1:9/hydra", "serve", "--feed-only"], "No folder is watched"),
    ],
)
def test_that_serving_with_nothing_to_do_is_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(capsys, *words)
    assert code == 2
    assert why in said


def test_that_an_engine_on_a_shared_database_needs_no_folder(
    mariadb_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Store.upgrade(mariadb_url)
    code, said = run(capsys, "--data-dir", tmp_path, "--store", mariadb_url, "serve", "--seconds", "0.5")
    assert code == 0
    assert "Judging what other stations take in" in said
