"""Directories that are missing, vanish, return, cannot be watched or cannot be listed."""

import asyncio
import os
import shutil

import pytest

from backend.domain.health import Condition
from backend.feed import sweeping, watch_keeper, watching
from tests.fakes.watched_folder import WatchedFolder, until

QUICK = {"poll_s": 0.1, "settle_s": 0.0}


@pytest.fixture(autouse=True)
def _look_often(monkeypatch):
    monkeypatch.setattr(sweeping, "MISSING_S", 0.05)


async def pump_until(folder, condition, deadline_s=10.0):
    """Let the feed run, expecting no file, until the condition holds."""
    consumer = asyncio.create_task(folder.batch(deadline_s + 5))
    try:
        await until(condition, deadline_s)
    finally:
        consumer.cancel()
        await asyncio.gather(consumer, return_exceptions=True)


@pytest.mark.parametrize("watch", [True, False])
async def test_that_a_directory_that_does_not_exist_yet_is_picked_up(tmp_path, watch):
    async with WatchedFolder(tmp_path, exists=False, watch=watch, **QUICK) as folder:
        await pump_until(folder, lambda: folder.directory.health.word == "directory missing")
        health = folder.directory.health
        assert health.condition is Condition.DEGRADED
        assert str(folder.root) in health.advice
        folder.rename_in("Run000001/P.png")
        assert await folder.batch() == ["Run000001/P.png"]
        assert folder.directory.health.condition is Condition.OK


@pytest.mark.parametrize("watch", [True, False])
async def test_that_a_directory_that_disappears_is_picked_up_when_it_returns(tmp_path, watch):
    async with WatchedFolder(tmp_path, watch=watch, **QUICK) as folder:
        folder.put("a.png")
        assert await folder.batch() == ["a.png"]
        for name in ("b.png", "c.png"):
            shutil.rmtree(folder.root)
            await pump_until(folder, lambda: folder.directory.health.condition is Condition.DEGRADED)
            folder.root.mkdir()
            await pump_until(folder, lambda: folder.directory.health.condition is Condition.OK)
            folder.rename_in(name)
            assert await folder.batch() == [name]


async def test_that_another_folder_under_the_same_path_is_watched_instead(tmp_path):
    async with WatchedFolder(tmp_path, **QUICK) as folder:
        await pump_until(folder, lambda: folder.directory.health.word == "watching")
        before = folder.directory._sweeper._keeper._watched
        folder.root.rename(tmp_path / "old")
        folder.root.mkdir()
        await pump_until(folder, lambda: folder.directory._sweeper._keeper._watched not in (before, None))
        await pump_until(folder, lambda: folder.directory.health.word == "watching")
        folder.rename_in("P.png")
        assert await folder.batch() == ["P.png"]


async def test_that_a_system_that_refuses_to_watch_is_polled_and_asked_again(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "OS file watch limit reached")

    real = watching.watch
    monkeypatch.setattr(watching, "watch", refuse)
    monkeypatch.setattr(watch_keeper, "AGAIN_S", 0.3)
    async with WatchedFolder(tmp_path, **QUICK) as folder:
        await pump_until(folder, lambda: folder.directory.health.condition is Condition.DEGRADED)
        health = folder.directory.health
        assert health.word == "polling"
        assert "OS file watch limit reached" in health.advice
        folder.rename_in("P.png")
        assert await folder.batch() == ["P.png"]
        monkeypatch.setattr(watching, "watch", real)
        await pump_until(folder, lambda: folder.directory.health.word == "watching")


async def test_that_a_watcher_that_breaks_down_is_replaced_and_what_it_missed_is_found(tmp_path):
    async with WatchedFolder(tmp_path, poll_s=3600.0, settle_s=0.0) as folder:
        await pump_until(folder, lambda: folder.directory.health.word == "watching")
        folder.rename_in(os.fsdecode(b"\xff.png"), *(f"P{number}.png" for number in range(20)))
        names = await folder.names(21)
        assert len(set(names)) == 21
        await pump_until(folder, lambda: folder.directory.health.word == "watching")
        folder.rename_in("after.png")
        assert await folder.batch() == ["after.png"]


async def test_that_a_path_that_is_no_folder_fails_with_advice(tmp_path):
    (tmp_path / "in").write_text("a file")
    async with WatchedFolder(tmp_path, exists=False, **QUICK) as folder:
        await pump_until(folder, lambda: folder.directory.health.word == "not a folder")
        assert folder.directory.health.condition is Condition.FAILED


async def test_that_a_folder_that_cannot_be_listed_is_named_and_the_rest_goes_on(tmp_path, monkeypatch):
    real = os.scandir

    def scandir(path):
        if str(path).endswith("Run000002"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    async with WatchedFolder(tmp_path, watch=False, **QUICK) as folder:
        folder.put("Run000001/a.png")
        folder.put("Run000002/b.png")
        monkeypatch.setattr(os, "scandir", scandir)
        assert await folder.batch() == ["Run000001/a.png"]
        health = folder.directory.health
        assert (health.condition, health.word) == (Condition.DEGRADED, "folder unreadable")
        assert "Run000002" in health.advice
        monkeypatch.undo()
        assert await folder.batch() == ["Run000002/b.png"]
        await pump_until(folder, lambda: folder.directory.health.condition is Condition.OK)


async def test_that_a_root_that_cannot_be_listed_fails_with_advice(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    async with WatchedFolder(tmp_path, watch=False, **QUICK) as folder:
        folder.put("a.png")
        monkeypatch.setattr(os, "scandir", refuse)
        await pump_until(folder, lambda: folder.directory.health.condition is Condition.FAILED)
        assert "Permission denied" in folder.directory.health.advice
        monkeypatch.undo()
        assert await folder.batch() == ["a.png"]
