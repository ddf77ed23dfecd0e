"""The program itself, run with the account of each role on a real server: it does its work, the rest is refused."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.config import load
from backend.domain.errors import StoreRefusedError
from backend.domain.labels import NewLabel
from backend.domain.plots import PlotState
from backend.domain.stations import StationRole
from backend.events import Event, FileQuarantined, PlotJudged
from backend.services.labels import import_labels
from backend.services.serving import ServeOptions, serve_until
from backend.store import Store
from backend.store.stations import Entering
from tests.fakes.accounts import SECRET, SharedHall, make_hall
from tests.fakes.activation import activate_bundle
from tests.fakes.plots import write_plots
from tests.mariadb import MariaDb
from tests.samples import commit, judged, manifest, new_plot

ROLES = ("viewer", "shift", "labeller", "coordinator", "expert", "engine", "feeder")


@pytest.fixture(scope="module")
def hall(mariadb_server: MariaDb) -> Iterator[SharedHall]:
    made = make_hall(mariadb_server)
    for role in ROLES:
        made.grant(role)
    yield made
    made.close()


def test_that_an_engine_judges_plots_under_its_account(
    hall: SharedHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hall.open("expert", tmp_path) as store:
        activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")
    write_plots(tmp_path / "plots", ["CDC_occupancy"], 4)
    (tmp_path / "plots" / "broken.png").write_bytes(b"no image")
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", SECRET)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    section = {"url": hall.url("engine"), "data_dir": tmp_path / "data"}
    settings = load(None, {"store": section, "input": {"directory": tmp_path / "plots", "settle_s": 0.0}})
    heard = []

    def hear(event: Event) -> None:
        if isinstance(event, PlotJudged | FileQuarantined):
            heard.append(event)
        if len(heard) == 5:
            signal.raise_signal(signal.SIGTERM)

    summary = serve_until(settings, ServeOptions(seconds=120), hear)
    assert (summary.recorded, summary.quarantined, summary.refused) == (4, 1, "")
    with hall.open("viewer", tmp_path) as store:
        assert store.counts().judged >= 4
        [tile] = [tile for tile in store.live.hall() if tile.plot_type.name == "CDC_occupancy"]
        assert tile.verdict is not None
        assert tile.plot is not None
        assert store.blobs.get(tile.plot.sha256)
        assert store.live.detail("CDC_occupancy").history
    shutil.rmtree(tmp_path / "plots")


def test_that_an_engine_under_an_account_that_may_only_watch_says_so_and_ends(
    hall: SharedHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", SECRET)
    (tmp_path / "plots").mkdir()
    section = {"url": hall.url("viewer"), "data_dir": tmp_path / "data"}
    settings = load(None, {"store": section, "input": {"directory": tmp_path / "plots"}})
    summary = serve_until(settings, ServeOptions(seconds=120), lambda _: None)
    assert "role does not include it" in summary.refused
    assert "hydra-gui db grant" in summary.refused


def test_that_a_labeller_imports_labels_with_their_images(hall: SharedHall, tmp_path: Path) -> None:
    paths = write_plots(tmp_path / "plots", ["New_plot"], 3)
    rows = [f"{path.relative_to(tmp_path)},New_plot,7,,Odd" for path in paths]
    (tmp_path / "labels.csv").write_text("\n".join(["path,plot_type,run,chunk,label", *rows]))
    with hall.open("labeller", tmp_path) as store:
        done = import_labels(store, tmp_path / "labels.csv", who="lab")
        assert (done.labelled, done.rejected) == (3, [])
    with hall.open("shift", tmp_path) as store, pytest.raises(StoreRefusedError, match="role does not include it"):
        import_labels(store, tmp_path / "labels.csv", who="shift")


def test_that_a_feeder_takes_plots_in_and_says_nothing_of_them(hall: SharedHall, tmp_path: Path) -> None:
    with hall.open("feeder", tmp_path) as store:
        store.stations.enter("daq-1", Entering(StationRole.FEEDER))
        first, again = commit(store, [new_plot(1), new_plot(2)]), commit(store, [new_plot(1)])
        assert [item.new for item in first + again] == [True, True, False]
        for refused in (lambda: store.labels.add_many(label(first[0].plot.plot_id)), lambda: ensure_contact(store)):
            with pytest.raises(StoreRefusedError, match="role does not include it"):
                refused()


def ensure_contact(store: Store) -> object:
    return store.plot_types.ensure("CDC_occupancy", (), contact="somebody else")


def label(plot_id: int, classification: str = "Good") -> list[NewLabel]:
    return [NewLabel(plot_id, classification, "somebody", "grid")]


def attempts(store: Store, plot_id: int, model_id: int, number: int) -> dict[str, bool]:
    """What a person may want to do, and whether the server lets it happen."""
    tried = {
        "label": lambda: store.labels.add_many(label(plot_id)),
        "import plots": lambda: store.intake.import_plots([new_plot(number, run=7)]),
        "describe": lambda: store.plot_types.ensure("CDC_occupancy", ("CDC",), contact=f"contact {number}"),
        "threshold": lambda: store.thresholds.change(model_id, {"Bad": number / 10_000}, "me", "me"),
        "register": lambda: store.models.register(manifest(seed=number), b"%d" % number, "me", ("x.zip", "")),
        "activate": lambda: store.models.activate(model_id, "me"),
        "take plots in": lambda: commit(store, [new_plot(number, run=8)]),
        "configure": lambda: store.configuration.append("me", f"number = {number}"),
        "appear": lambda: store.stations.enter(f"station {number}", Entering(StationRole.WATCHER)),
    }
    done = {}
    for what, act in tried.items():
        try:
            act()
        except StoreRefusedError as error:
            done[what] = "role does not include it" not in str(error)
        else:
            done[what] = True
    return done


ALLOWED = {
    "viewer": {"appear"},
    "shift": {"label", "appear"},
    "labeller": {"label", "import plots", "appear"},
    "coordinator": {"label", "describe", "appear"},
    "expert": {"appear", "label", "import plots", "describe", "threshold", "register", "activate"},
    "engine": {"take plots in", "import plots", "configure", "appear"},
    "feeder": {"take plots in", "import plots", "appear"},
}


@pytest.mark.parametrize("role", ROLES)
def test_that_the_server_lets_a_role_do_its_work_and_no_other(role: str, hall: SharedHall, tmp_path: Path) -> None:
    number = 1000 + ROLES.index(role)
    with hall.as_administrator(tmp_path) as store:
        plot = commit(store, [new_plot(number, run=6)])[0].plot
        model_id = store.models.register(manifest(), manifest().encode(), "tests")
    with hall.open(role, tmp_path) as store:
        done = attempts(store, plot.plot_id, model_id, number)
    assert {what for what, allowed in done.items() if allowed} == ALLOWED[role]


def test_that_only_an_engine_records_the_verdict_that_counts(hall: SharedHall, tmp_path: Path) -> None:
    with hall.as_administrator(tmp_path) as store:
        store.models.activate(store.models.register(manifest(), manifest().encode(), "tests"), "tests")
        model = store.models.in_force()["CDC_occupancy"]
        plot = commit(store, [new_plot(5000)])[0].plot
    for role in ("viewer", "shift", "labeller", "coordinator", "expert", "feeder"):
        with hall.open(role, tmp_path) as store, pytest.raises(StoreRefusedError):
            store.verdicts.record([judged(plot, model)], "somebody/1")
    with hall.open("engine", tmp_path) as store:
        assert store.verdicts.record([judged(plot, model)], "somebody/1") == {plot.plot_id}
        assert store.live.plot(plot.plot_id).state is PlotState.JUDGED
