"""Images expire by command and by the engine; a window is told the difference between gone and lost."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.config import RetentionSection
from backend.domain.errors import BlobError, ImageExpiredError, StoreRefusedError
from backend.engine.upkeep import Upkeep
from backend.feed.images import ImageLimits
from backend.pipeline.previews import PreviewCache
from backend.pipeline.reader import Reader
from backend.store import Store
from backend.store.database import Database
from hydra_gui.cli.program import run_command
from tests.fakes.engines import eventually
from tests.samples import OWNER, commit, judged, new_plot, put_in_force


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    """A store with three harmless plots, closed."""
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store:
        model = put_in_force(store)
        plots = [stored.plot for stored in commit(store, [new_plot(n) for n in range(3)])]
        store.verdicts.record([judged(plot, model, 0.1) for plot in plots], OWNER)
    return store


def run(capsys: pytest.CaptureFixture[str], place: Path, *words: str) -> tuple[int, str]:
    code = run_command(["--data-dir", str(place), *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_that_a_purge_is_tried_dry_then_done_and_told(
    kept: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert run(capsys, tmp_path, "db", "purge")[0] == 2, "nothing expires unless somebody says so"
    wanted = ("db", "purge", "--days", "0.001", "--share", "0", "--json")
    code, told = run(capsys, tmp_path, *wanted, "--dry-run")
    assert (code, json.loads(told)["images"], json.loads(told)["dry_run"]) == (0, 2, True)
    assert "No image ever expired" in run(capsys, tmp_path, "db", "status")[1]
    code, told = run(capsys, tmp_path, *wanted)
    assert (code, json.loads(told)["images"]) == (0, 2)
    _, told = run(capsys, tmp_path, "db", "status", "--json")
    status = json.loads(told)
    assert (status["purge"]["images"], status["counts"]["judged"]) == (2, 3)
    assert status["use"]["database_bytes"] > 0


async def test_that_an_engine_lets_images_expire_where_it_is_told_to(tmp_path: Path, kept: Store) -> None:
    with (
        Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store,
        ThreadPoolExecutor(1) as executor,
    ):
        store.retention.guard_s = -1
        await asyncio.wait_for(Upkeep(RetentionSection(), store, executor, "a/1").run_forever(), 60)
        assert store.retention.newest_round().begun_at is None, "off unless configured"
        upkeep = Upkeep(RetentionSection(images_days=0.001, share=0), store, executor, "a/1")
        working = asyncio.create_task(upkeep.run_forever())
        await eventually(lambda: store.retention.newest_round().finished_at is not None)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert store.retention.newest_round().images == 2


async def test_that_an_engine_that_may_not_stops_trying(
    tmp_path: Path, kept: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise StoreRefusedError("UPDATE command denied")

    with (
        Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store,
        ThreadPoolExecutor(1) as executor,
    ):
        monkeypatch.setattr(Database, "write", refuse)
        upkeep = Upkeep(RetentionSection(images_days=1), store, executor, "a/1")
        await asyncio.wait_for(upkeep.run_forever(), 60)
    assert "db grant engine+keeper" in caplog.text


def test_that_a_window_is_told_expired_from_lost(tmp_path: Path, kept: Store) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store:
        reader = Reader(store, None, PreviewCache(), ImageLimits())  # type: ignore[arg-type]
        plots = [store.live.plot(number) for number in (1, 3)]
        for path in (tmp_path / "blobs").rglob("*"):
            if path.is_file():
                path.unlink()
        with pytest.raises(BlobError, match="missing") as lost:
            reader.image(plots[1])
        assert not isinstance(lost.value, ImageExpiredError)
        assert run_command(["--data-dir", str(tmp_path), "db", "purge", "--days", "0.001", "--share", "0"]) == 0
        with pytest.raises(ImageExpiredError, match=r"^Image expired \d\d \w+ 20\d\d$"):
            reader.image(plots[0])
