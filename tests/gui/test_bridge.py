"""Events cross from the engine's thread to the window's: none lost that counts, thinned where they flood."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer

from backend.domain.alert_policy import GateCount
from backend.domain.plots import PlotState
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from backend.events import (
    AlertsChanged,
    FileQuarantined,
    ModelActivated,
    OpinionHeard,
    PlotArrived,
    PlotJudged,
    StatusChanged,
)
from hydra_gui.bridge import Bridge, Mailbox
from tests.fakes.alerts import alert
from tests.fakes.engine import FakeEngine, now
from tests.fakes.tiles import make_tile


@pytest.fixture
def engine():
    made = FakeEngine()
    yield made
    made.close()


@pytest.fixture
def bridge(qtbot, engine):
    made = Bridge(engine)
    made.open()
    yield made
    made.close()


def names(tiles):
    return [tile.plot_type.name for tile in tiles]


def test_that_every_kind_of_event_arrives_on_the_windows_thread(qtbot, engine, bridge):
    heard = []
    bridge.tiles_changed.connect(lambda tiles: heard.append((names(tiles), threading.current_thread())))
    bridge.status_changed.connect(lambda status: heard.append((status, threading.current_thread())))
    bridge.file_quarantined.connect(lambda file: heard.append((file, threading.current_thread())))
    bridge.model_activated.connect(lambda event: heard.append((event, threading.current_thread())))
    bridge.opinion_heard.connect(lambda event: heard.append((event, threading.current_thread())))
    file = QuarantinedFile("x.png", QuarantineReason.EMPTY, "0 bytes", 0, now())
    status, activated = replace(engine.status, run=7), ModelActivated("a", 3)
    opinion = OpinionHeard("a")
    engine.emit(PlotJudged(make_tile("a")), StatusChanged(status), FileQuarantined(file), activated, opinion)
    qtbot.waitUntil(lambda: len(heard) == 5)
    assert {thread for _, thread in heard} == {threading.current_thread()}
    values = [value for value, _ in heard]
    for expected in (["a"], status, file, activated, opinion):
        assert expected in values


def test_that_the_latest_verdict_of_a_plot_type_wins(qtbot, engine, bridge):
    shown = []
    bridge.tiles_changed.connect(shown.extend)
    engine.emit(*(PlotJudged(make_tile("a", plot_id=n)) for n in range(500)))
    engine.drained()
    qtbot.waitUntil(lambda: bool(shown) and shown[-1].plot.plot_id == 499)
    assert len(shown) < 100


def test_that_a_waiting_plot_does_not_displace_a_verdict(qtbot, engine, bridge):
    shown = []
    bridge.tiles_changed.connect(shown.extend)
    engine.emit(
        PlotJudged(make_tile("a", "Bad", plot_id=1)),
        PlotArrived(make_tile("a", None, plot_id=2, state=PlotState.PENDING)),
    )
    engine.drained()
    qtbot.waitUntil(lambda: len(shown) == 2)
    assert [tile.plot.plot_id for tile in shown] == [1, 2]


def test_that_alarms_jump_the_queue():
    mailbox = Mailbox()
    for n in range(50):
        mailbox.put(PlotJudged(make_tile(f"t{n}", plot_id=n)))
    mailbox.put(PlotJudged(make_tile("burning", "Bad", plot_id=99)))
    assert names(mailbox.take_tiles(3)) == ["burning", "t0", "t1"]


def test_that_an_alarm_that_is_over_does_not_come_back():
    mailbox = Mailbox()
    mailbox.put(PlotJudged(make_tile("a", "Bad", plot_id=1)))
    mailbox.put(PlotJudged(make_tile("a", "Good", plot_id=2)))
    assert [tile.plot.plot_id for tile in mailbox.take_tiles(9)] == [2]
    assert mailbox.sleep()


def test_that_the_window_is_woken_once_until_it_has_looked():
    mailbox = Mailbox()
    assert [mailbox.put(PlotJudged(make_tile("a", plot_id=n))) for n in range(3)] == [True, False, False]
    assert not mailbox.sleep()
    mailbox.take_tiles(10)
    assert mailbox.sleep()
    assert mailbox.put(PlotJudged(make_tile("a", plot_id=4)))


def test_that_what_waits_is_bounded_by_the_number_of_plot_types():
    mailbox = Mailbox()
    for n in range(5_000):
        mailbox.put(PlotJudged(make_tile(f"t{n % 20}", plot_id=n)))
        mailbox.put(FileQuarantined(QuarantinedFile(f"{n}", QuarantineReason.EMPTY, "", 0, now())))
    assert len(mailbox.take_tiles(10_000)) == 20
    _, files, _ = mailbox.take_rest()
    assert len(files) == 500
    assert files[-1].path == "4999"


def test_that_a_flood_to_slow_listeners_leaves_the_window_its_turns(qtbot, engine, bridge):
    """Each slice costs far more than its share here, and still timers fire in between."""
    bridge.tiles_changed.connect(lambda tiles: time.sleep(0.004))
    beats, gaps = [time.perf_counter()], []

    def beat():
        gaps.append(time.perf_counter() - beats[-1])
        beats.append(time.perf_counter())

    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(beat)
    timer.start()
    shown = []
    bridge.tiles_changed.connect(shown.extend)
    engine.emit(*(PlotJudged(make_tile(f"t{n}", plot_id=n)) for n in range(3_000)))
    qtbot.waitUntil(lambda: len(shown) >= 3_000, timeout=60_000)
    timer.stop()
    assert len(gaps) > 20
    assert {tile.plot.plot_id for tile in shown} == set(range(3_000))


def test_that_nothing_is_heard_after_closing(qtbot, engine, bridge):
    heard = []
    bridge.tiles_changed.connect(heard.append)
    engine.emit(PlotJudged(make_tile("a")))
    engine.drained()
    bridge.close()
    assert engine.listeners == 0
    engine.emit(PlotJudged(make_tile("b")))
    engine.drained()
    qtbot.wait(20)
    assert heard == []
    bridge.close()


def test_that_alerts_go_first_each_in_its_newest_state(qtbot, engine, bridge):
    heard = []
    bridge.tiles_changed.connect(lambda tiles: heard.append("tiles"))
    bridge.alerts_changed.connect(heard.append)
    states = [replace(alert(1), change=n, version=n) for n in range(1, 50)]
    gates = (GateCount("beam 3 nA < 10 nA", 17, 4),)

    def burst(tell):
        tell(PlotJudged(make_tile("a")))
        for state in states:
            tell(AlertsChanged((state, replace(alert(2), change=state.change)), gates))

    engine.on_thread(burst)
    engine.drained()
    qtbot.waitUntil(lambda: "tiles" in heard and isinstance(heard[-1], (AlertsChanged, str)))
    told = [event for event in heard if isinstance(event, AlertsChanged)]
    qtbot.waitUntil(lambda: any(states[-1] in event.alerts for event in heard if isinstance(event, AlertsChanged)))
    assert isinstance(heard[0], AlertsChanged)
    assert len(told) < len(states)
    assert told[-1].gates == gates
