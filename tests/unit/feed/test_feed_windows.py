import pytest

from backend.feed.zeromq import windows as windows_module
from backend.feed.zeromq.windows import Bounds, Windows


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    fake = Clock()
    monkeypatch.setattr(windows_module, "time", fake)
    return fake


def test_that_the_bounds_are_shared_among_those_who_are_there(clock):
    windows = Windows(Bounds(plots=12, data_bytes=1200))
    assert windows.share == 12
    for number in range(3):
        windows.heard(b"%d" % number, f"daq{number}", beats=True)
    assert (windows.share, windows.share_bytes, len(windows.senders)) == (4, 400, 3)
    clock.now += 10
    windows.heard(b"0", "daq0", beats=True)
    clock.now += 10
    assert (windows.share, windows.senders) == (12, {"daq0"})


def test_that_one_sender_after_another_always_gets_something(clock):
    windows = Windows(Bounds(plots=2))
    for number in range(50):
        windows.heard(b"%d" % number, "daq", beats=False)
    assert windows.share == 1


def test_that_memory_is_bounded_whatever_the_senders_do(clock):
    windows = Windows(Bounds(plots=4, data_bytes=100))
    assert windows.has_room(10**9)  # one, whatever its size
    taken = 0
    while windows.has_room(30):
        windows.begin(30)
        taken += 1
    assert taken == 6
    for _ in range(taken):
        windows.end(30)
    assert (windows.under_way, windows.bytes_under_way) == (0, 0)
    for number in range(5000):
        windows.heard(b"%d" % number, f"daq{number}", beats=True)
    assert len(windows._peers) <= 1000
    assert len(windows._beating) <= 1000


def test_that_who_falls_silent_without_a_good_bye_is_named(clock):
    windows = Windows(Bounds())
    windows.heard(b"1", "daq1", beats=True)
    windows.heard(b"2", "daq2", beats=True)
    windows.heard(b"3", "script", beats=False)
    windows.gone(b"2", "daq2")
    clock.now += 31
    assert windows.silent == {"daq1": 31.0}
    windows.heard(b"9", "daq1", beats=True)  # over another connection
    assert windows.silent == {}
