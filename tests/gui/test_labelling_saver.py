"""Labels on their way to the store: in order, at once, and never lost."""

import asyncio
import json
from pathlib import Path

import pytest

from backend.domain.errors import StoreRefusedError, StoreUnavailableError, UnknownNameError
from backend.domain.labels import LabelHow, Reversal
from hydra_gui.labelling import saver as saver_module
from hydra_gui.labelling.outbox import Outbox, outbox_path
from hydra_gui.labelling.saver import Saver
from tests.fakes.labelling import KIND, START, FakeLabelling, gesture
from tests.fakes.live_rig import QtLoop, until
from ui.labelling.values import Waiting

AWAY = StoreUnavailableError("The database does not answer.")


class Rig:
    def __init__(self, folder: Path) -> None:
        self.api = FakeLabelling(20)
        self.path = folder / "deep" / "waiting.json"
        self.saver = Saver(self.api, Outbox(self.path))
        self.saved: list[object] = []
        self.waiting: list[Waiting] = []
        self.failed: list[str] = []
        self.saver.saved.connect(lambda work, _recorded: self.saved.append(work))
        self.saver.waiting_changed.connect(self.waiting.append)
        self.saver.failed.connect(lambda _work, reason: self.failed.append(reason))


@pytest.fixture
def loop(qapp):
    made = QtLoop()
    yield made
    made.close()


def play(loop: QtLoop, folder: Path, scenario) -> Rig:
    async def whole() -> Rig:
        rig = Rig(folder)
        rig.saver.start()
        try:
            await scenario(rig)
        finally:
            await rig.saver.close()
        return rig

    return loop.run(whole())


def test_that_gestures_are_saved_in_order_and_leave_no_file(loop, tmp_path):
    given = [gesture([number]) for number in range(1, 9)]

    async def scenario(rig: Rig) -> None:
        for one in given:
            rig.saver.submit(one)
        assert rig.saver.pending == 8
        await until(lambda: len(rig.saved) == 8)
        assert rig.saver.pending == 0

    rig = play(loop, tmp_path, scenario)
    assert rig.saved == rig.api.recorded == given
    assert rig.waiting == []
    assert not rig.path.exists()


def test_that_labels_wait_while_the_database_is_away_and_are_saved_when_it_is_back(loop, tmp_path):
    async def scenario(rig: Rig) -> None:
        rig.api.trouble = AWAY
        rig.saver.submit(gesture([1, 2]))
        await until(lambda: rig.waiting)
        assert rig.waiting[-1] == Waiting(2, "The database does not answer.")
        assert len(json.loads(rig.path.read_text())) == 1
        rig.saver.submit(gesture([3]))
        assert rig.waiting[-1].labels == 3
        rig.api.trouble = None
        rig.saver.retry()
        await until(lambda: len(rig.saved) == 2)
        assert rig.waiting[-1] == Waiting()
        await until(lambda: not rig.path.exists())

    rig = play(loop, tmp_path, scenario)
    assert [rig.api.label_of(number) for number in (1, 2, 3)] == ["Good"] * 3


def test_that_what_waits_at_the_end_is_saved_by_the_next_start(loop, tmp_path):
    undo = Reversal(gesture([1]).key, KIND, "ann", START, gesture([1]).key, LabelHow.UNDONE)
    given = [gesture([1, 2], "Bad"), gesture([2], None), undo]

    async def first(rig: Rig) -> None:
        rig.api.trouble = AWAY
        for one in given:
            rig.saver.submit(one)
        await until(lambda: rig.waiting)

    assert play(loop, tmp_path, first).saved == []

    async def second(rig: Rig) -> None:
        await until(lambda: len(rig.saved) == 3)

    rig = play(loop, tmp_path, second)
    assert rig.saved == given
    assert not rig.path.exists()


def test_that_a_store_that_hangs_puts_labels_into_the_file_meanwhile(loop, tmp_path, monkeypatch):
    monkeypatch.setattr(saver_module, "_LATE_S", 0.01)

    async def scenario(rig: Rig) -> None:
        rig.api.gate.clear()
        rig.saver.submit(gesture([1]))
        await until(rig.path.exists)
        assert "not answered yet" in rig.waiting[-1].reason
        rig.api.gate.set()
        await until(lambda: rig.saved)
        await until(lambda: not rig.path.exists())

    rig = play(loop, tmp_path, scenario)
    assert rig.api.attempts == 1


def test_that_closing_waits_for_labels_under_way(loop, tmp_path):
    async def scenario(rig: Rig) -> None:
        rig.api.gate.clear()
        rig.saver.submit(gesture([1]))
        await until(lambda: rig.api.attempts)
        asyncio.get_running_loop().call_later(0.05, rig.api.gate.set)

    rig = play(loop, tmp_path, scenario)
    assert rig.api.label_of(1) == "Good"
    assert not rig.path.exists()


def test_that_a_refusal_keeps_the_labels_until_they_are_discarded(loop, tmp_path):
    async def scenario(rig: Rig) -> None:
        rig.api.trouble = StoreRefusedError("The account may not write.")
        rig.saver.submit(gesture([1]))
        await until(lambda: rig.waiting)
        assert "may not write" in rig.waiting[-1].reason
        rig.saver.discard()
        assert rig.saver.pending == 0
        await until(lambda: not rig.path.exists())
        rig.api.trouble = None
        rig.saver.submit(gesture([2]))
        await until(lambda: rig.saved)

    rig = play(loop, tmp_path, scenario)
    assert rig.api.label_of(1) is None
    assert rig.api.label_of(2) == "Good"


def test_that_what_can_never_be_saved_is_told_and_holds_nothing_up(loop, tmp_path):
    async def scenario(rig: Rig) -> None:
        rig.api.trouble = UnknownNameError("No label was saved: the store has no plot 1.")
        rig.saver.submit(gesture([1]))
        await until(lambda: rig.failed)
        rig.api.trouble = None
        rig.saver.submit(gesture([2]))
        await until(lambda: rig.saved)

    assert "no plot 1" in play(loop, tmp_path, scenario).failed[0]


def test_that_a_damaged_file_is_put_aside_and_one_that_cannot_be_written_is_told(tmp_path):
    path = outbox_path(tmp_path, "sqlite:///a.db")
    assert path != outbox_path(tmp_path, "sqlite:///b.db")
    path.write_text('[{"key": 1}]')
    assert Outbox(path).load() == []
    assert path.with_suffix(".unread").read_text() == '[{"key": 1}]'
    (tmp_path / "file").touch()
    assert "would be lost" in Outbox(tmp_path / "file" / "waiting.json").keep([gesture([1])])
