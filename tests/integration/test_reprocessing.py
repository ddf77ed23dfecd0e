"""An archive judged again: all of it, once, whatever dies meanwhile, and nothing of it on the Live screen."""

import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backend.config import InferenceSection
from backend.domain.classifications import Severity
from backend.domain.errors import ClusterUnavailableError
from backend.domain.intake import NewPlot
from backend.domain.models import ModelInfo
from backend.domain.plots import PlotIdentity
from backend.domain.verdicts import AlarmGate
from backend.feed.images import ImageLimits
from backend.services.reprocessing import Campaign, Reprocessing, workforce_for
from backend.store import Store
from backend.store.tables import classifications, predictions, verdicts
from hydra_gui.cli.program import run_command
from tests.fakes.activation import activate_bundle
from tests.fakes.bundles import make_packed
from tests.fakes.cluster import DEADLY, ROOT, LocalDask, local_dask
from tests.fakes.plots import plot_image
from tests.samples import judged

HAS_DASK = importlib.util.find_spec("distributed") is not None
on_a_cluster = pytest.mark.skipif(not HAS_DASK, reason="hydra-gui[cluster] is not installed")
OWNER = "station/1"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Store]:
    """A store with a model in force, which judges what arrives, and another that nobody activated."""
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        activate_bundle(store, tmp_path / "first", "CDC_occupancy")
        store.models.register(*make_packed(tmp_path / "second", "CDC_occupancy", seed=2), "tests")
        yield store


@pytest.fixture
def candidate(archive: Store) -> ModelInfo:
    return archive.models.get(2)


def image(number: int) -> bytes:
    buffer = BytesIO()
    plot_image(number, (160, 120)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def fill(store: Store, count: int, **deadly: bytes) -> list[int]:
    """`count` plots that were judged live, dark and bright in turn; `deadly` bytes behind the one numbered 7."""
    moment = datetime.now(UTC)
    images = [image(number) + (deadly.get("seventh", b"") if number == 7 else b"") for number in range(count)]
    plots = [
        NewPlot(PlotIdentity("CDC_occupancy", 42, number), data, sha256(data).hexdigest(), 160, 120, moment, moment)
        for number, data in enumerate(images)
    ]
    stored = [kept.plot for kept in store.intake.commit(plots, OWNER, 60)]
    in_force = store.models.in_force()["CDC_occupancy"]
    store.verdicts.record([judged(plot, in_force, bad=0.1) for plot in stored], OWNER)
    return [plot.plot_id for plot in stored]


def campaign(
    store: Store, info: ModelInfo, place: Path, executor: str = "threads",
    on_progress: Callable[[Campaign], None] = lambda _: None,
) -> Campaign:  # fmt: skip
    section = InferenceSection(threads=2, cache_dir=place / "cache")
    with workforce_for(executor, store, info, section, ImageLimits()) as workforce:
        return Reprocessing(store, info, workforce, 4, on_progress).run()


def said(store: Store, model_id: int) -> dict[int, str]:
    """What a model said, by plot; fails where predictions and verdicts are not one and one."""
    query = select(verdicts.c.plot_id, classifications.c.name).join(
        classifications, classifications.c.id == verdicts.c.classification_id
    )
    rows = store.database.read(lambda c: c.execute(query.where(verdicts.c.model_id == model_id)).all())
    counting = select(func.count()).select_from(predictions).where(predictions.c.model_id == model_id)
    assert store.database.read(lambda c: c.scalar(counting)) == len(rows) == len(dict(rows))
    return dict(rows)


def wanted(plot_ids: list[int]) -> dict[int, str]:
    return {plot_id: "Bad" if number % 2 else "Good" for number, plot_id in enumerate(plot_ids)}


def test_that_every_stored_plot_is_judged_once_and_nothing_changes_on_the_live_screen(
    archive: Store, candidate: ModelInfo, tmp_path: Path
) -> None:
    plots = fill(archive, 30)
    hall, counts, work = archive.live.hall(), archive.counts(), archive.work.pending_count()
    detail = archive.live.detail("CDC_occupancy")
    period = datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
    log = archive.verdicts.logged(*period, list(Severity))
    done = campaign(archive, candidate, tmp_path)
    assert (done.total, done.judged, done.before, done.skipped) == (30, 30, 0, [])
    assert done.verdicts == {"Good": 15, "Bad": 15}
    assert said(archive, 2) == wanted(plots)
    assert set(said(archive, 1).values()) == {"Good"}
    assert [tile.verdict for tile in archive.live.hall()] == [tile.verdict for tile in hall]
    assert (archive.counts(), archive.work.pending_count()) == (counts, work)
    assert archive.live.detail("CDC_occupancy").history == detail.history
    assert archive.verdicts.logged(*period, list(Severity)) == log


def test_that_a_second_campaign_finds_nothing_left_to_do(archive: Store, candidate: ModelInfo, tmp_path: Path) -> None:
    plots = fill(archive, 10)
    campaign(archive, candidate, tmp_path)
    again = campaign(archive, candidate, tmp_path)
    assert (again.total, again.judged, again.before) == (0, 0, 10)
    assert said(archive, 2) == wanted(plots)


def test_that_an_interrupted_campaign_goes_on_where_it_was(
    archive: Store, candidate: ModelInfo, tmp_path: Path
) -> None:
    plots = fill(archive, 60)

    def interrupt(state: Campaign) -> None:
        if state.judged >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        campaign(archive, candidate, tmp_path, on_progress=interrupt)
    kept = len(said(archive, 2))
    assert 20 <= kept < 60
    rest = campaign(archive, candidate, tmp_path)
    assert (rest.before, rest.judged) == (kept, 60 - kept)
    assert said(archive, 2) == wanted(plots)


def test_that_two_campaigns_at_once_share_the_work(archive: Store, candidate: ModelInfo, tmp_path: Path) -> None:
    plots = fill(archive, 40)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda number: campaign(archive, candidate, tmp_path / str(number)), range(2)))
    assert sum(done.judged for done in both) == 40
    assert said(archive, 2) == wanted(plots)


def test_that_a_plot_without_image_or_with_a_bad_one_is_reported_and_the_others_go_on(
    archive: Store, candidate: ModelInfo, tmp_path: Path
) -> None:
    plots = fill(archive, 12)
    missing, damaged = archive.live.plot(plots[3]), archive.live.plot(plots[5])
    blobs = tmp_path / "data" / "blobs"
    (blobs / missing.sha256[:2] / missing.sha256[2:]).unlink()
    (blobs / damaged.sha256[:2] / damaged.sha256[2:]).write_bytes(b"broken")
    done = campaign(archive, candidate, tmp_path)
    assert done.judged == 10
    assert {item.plot_id for item in done.skipped} == {plots[3], plots[5]}
    assert all("Restore" in item.reason for item in done.skipped)


def test_that_a_campaign_is_a_command(
    archive: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fill(archive, 10)

    def run(*words: str) -> tuple[int, str, str]:
        code = run_command(["--data-dir", str(tmp_path / "data"), "classify", *words])
        return code, *capsys.readouterr()

    code, out, _ = run("--all", "--model", "2", "--json")
    answer = json.loads(out)
    assert (code, answer["judged"], answer["by_classification"]) == (0, 10, {"Good": 5, "Bad": 5})
    code, out, _ = run("--all", "--model", "2", "--executor", "threads")
    assert (code, "10 were judged" in " ".join(out.split())) == (0, True)
    for words, said_so in (
        (["--all"], "--all needs --model"),
        (["--all", "--model", "bundle.zip"], "--all needs --model"),
        (["--all", "--model", "2", str(tmp_path)], "name no files"),
        (["--all", "--model", "2", "--executor", "spark://x"], "inference.executor"),
        ([str(tmp_path), "--executor", "threads"], "--executor is for --all"),
        (["--all", "--model", "99"], "no model 99"),
    ):
        code, _, err = run(*words, "--json")
        assert code == 2
        assert said_so in json.loads(err)["error"]


@pytest.fixture(scope="module")
def slow_cluster() -> Iterator[LocalDask]:
    with local_dask(workers=2, seconds_per_image=0.02) as cluster:
        yield cluster


@on_a_cluster
@pytest.mark.leaves_running("the cluster serves all tests of this module")
class TestOnACluster:
    def test_that_killed_workers_lose_and_double_nothing(
        self, archive: Store, candidate: ModelInfo, slow_cluster: LocalDask, tmp_path: Path
    ) -> None:
        plots, kills = fill(archive, 160), [20, 70]

        def kill(state: Campaign) -> None:
            if kills and state.judged >= kills[0]:
                kills.pop(0)
                slow_cluster.kill_worker()

        done = campaign(archive, candidate, tmp_path, slow_cluster.address, kill)
        assert kills == []
        assert (done.judged, done.skipped) == (160, [])
        assert said(archive, 2) == wanted(plots)

    def test_that_a_plot_that_kills_its_workers_is_reported_and_the_others_are_judged(
        self, archive: Store, candidate: ModelInfo, slow_cluster: LocalDask, tmp_path: Path
    ) -> None:
        plots = fill(archive, 16, seventh=DEADLY)
        done = campaign(archive, candidate, tmp_path, slow_cluster.address)
        assert [(item.plot_id, "died" in item.reason) for item in done.skipped] == [(plots[7], True)]
        assert done.judged == 15
        assert said(archive, 2) == {number: name for number, name in wanted(plots).items() if number != plots[7]}

    def test_that_an_interrupted_campaign_leaves_the_cluster_to_others(
        self, archive: Store, candidate: ModelInfo, slow_cluster: LocalDask, tmp_path: Path
    ) -> None:
        plots = fill(archive, 60)

        def interrupt(state: Campaign) -> None:
            if state.judged >= 8:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            campaign(archive, candidate, tmp_path, slow_cluster.address, interrupt)
        rest = campaign(archive, candidate, tmp_path, slow_cluster.address)
        assert rest.before + rest.judged == 60
        assert said(archive, 2) == wanted(plots)

    def test_that_a_cluster_that_vanishes_ends_the_campaign_and_keeps_what_is_done(
        self, archive: Store, candidate: ModelInfo, tmp_path: Path
    ) -> None:
        plots = fill(archive, 60)
        with local_dask(workers=1, seconds_per_image=0.02) as cluster:

            def vanish(state: Campaign) -> None:
                if state.judged == 8:
                    cluster.vanish()

            with pytest.raises(ClusterUnavailableError, match="plots were judged and are recorded"):
                campaign(archive, candidate, tmp_path, cluster.address, vanish)
        assert 8 <= len(said(archive, 2)) < 60
        campaign(archive, candidate, tmp_path)
        assert said(archive, 2) == wanted(plots)

    def test_that_a_scheduler_that_does_not_answer_is_told(
        self, archive: Store, candidate: ModelInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from backend.services import cluster

        monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
        with pytest.raises(ClusterUnavailableError, match=r"No Dask scheduler answers at dask://127\.0\.0\.1:1 "):
            campaign(archive, candidate, tmp_path, "dask://127.0.0.1:1")


def test_that_a_reprocessed_verdict_never_alarms_whatever_it_says(
    archive: Store, candidate: ModelInfo, tmp_path: Path
) -> None:
    fill(archive, 4)
    campaign(archive, candidate, tmp_path)
    query = select(verdicts.c.gate).where(verdicts.c.model_id == 2)
    assert set(archive.database.read(lambda c: list(c.scalars(query)))) == {AlarmGate.REPROCESSED.value}


@on_a_cluster
@pytest.mark.soak
@pytest.mark.timeout(900)
def test_that_campaigns_and_workers_killed_at_random_moments_lose_and_double_nothing(
    archive: Store, candidate: ModelInfo, tmp_path: Path
) -> None:
    plots, rng = fill(archive, 1_200), random.Random(5)
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path)}
    with local_dask(workers=3, seconds_per_image=0.03) as cluster:
        command = [sys.executable, "-m", "hydra_gui", "--data-dir", str(tmp_path / "data"), "--json", "classify"]
        command += ["--all", "--model", "2", "--executor", cluster.address]
        for killed_after in (200, 500, len(plots)):
            running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
            while running.poll() is None and archive.archive.without_verdict(2)[1] < killed_after:
                time.sleep(rng.uniform(0.5, 2.0))
                cluster.kill_worker(grown_s=8.0)
            if killed_after < len(plots):
                running.kill()
            said_last, _ = running.communicate()
    answer = json.loads(said_last)
    assert answer["skipped"] == []
    assert answer["judged_before"] > 0
    assert answer["judged"] + answer["judged_before"] == len(plots)
    assert said(archive, 2) == wanted(plots)
