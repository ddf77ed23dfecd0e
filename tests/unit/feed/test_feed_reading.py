"""Reading one file: what becomes a plot, what is refused, and what is only not ready yet."""

import errno
import hashlib
import os
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import FileStamp
from backend.domain.plots import PlotIdentity
from backend.domain.quarantine import QuarantineReason
from backend.feed import reading
from backend.feed.images import ImageLimits
from backend.feed.reading import FileVanishedError, NotCompleteError, read_plot, stamp_of
from tests.fakes.image_files import drawn, encoded

LIMITS = ImageLimits(max_pixels=1_000_000, max_bytes=2**20)
PNG = encoded()


def write(path, data, age_s=0.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    past = time.time() - age_s
    os.utime(path, (past, past))
    return path


def reason_of(path, root, **options):
    with pytest.raises(PlotRejectedError) as caught:
        read_plot(path, root, LIMITS, **options)
    return caught.value.reason


def test_that_a_file_becomes_a_plot_with_its_pixels(tmp_path):
    path = write(tmp_path / "RunPeriod-2019/Run071350/CDC_occupancy-03_0002.png", PNG, age_s=100)
    read = read_plot(path, tmp_path, LIMITS)
    plot = read.plot
    assert plot.identity == PlotIdentity("CDC_occupancy", 71350, 2, "RunPeriod-2019")
    assert (plot.width, plot.height) == (80, 60)
    assert plot.data == PNG
    assert plot.sha256 == hashlib.sha256(PNG).hexdigest()
    assert plot.source == stamp_of(str(path), path.stat())
    assert np.array_equal(np.asarray(read.picture), np.asarray(drawn()))


def test_that_times_are_utc_and_the_file_tells_when_it_was_taken(tmp_path):
    plot = read_plot(write(tmp_path / "P.png", PNG, age_s=3600), tmp_path, LIMITS).plot
    assert plot.taken_at.tzinfo is UTC
    assert abs(plot.received_at - plot.taken_at - timedelta(hours=1)) < timedelta(seconds=10)


@pytest.mark.parametrize("age_s", [-(10**6), -(10**9), 10**9])
def test_that_a_strange_file_time_does_not_matter(tmp_path, age_s):
    plot = read_plot(write(tmp_path / "P.png", PNG, age_s=age_s), tmp_path, LIMITS).plot
    assert plot.taken_at <= datetime.now(UTC)


def test_that_an_offered_stamp_may_be_read_directly(tmp_path):
    path = write(tmp_path / "P.png", PNG)
    stamp = FileStamp(str(path), 1, 1)
    assert read_plot(stamp, tmp_path, LIMITS).plot.source == stamp_of(str(path), path.stat())


def test_that_the_watched_folder_may_be_the_folder_of_a_run(tmp_path):
    path = write(tmp_path / "RunPeriod-A/Run000009/P.png", PNG)
    assert read_plot(path, path.parent, LIMITS).plot.identity == PlotIdentity("P", 9, None, "RunPeriod-A")


def test_that_a_file_outside_the_watched_folder_is_identified_by_its_own(tmp_path):
    path = write(tmp_path / "Run000004/P.png", PNG)
    assert read_plot(path, tmp_path / "elsewhere", LIMITS).plot.identity.run == 4


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("P.png", b"", QuarantineReason.EMPTY),
        ("P.png", PNG[:-200], QuarantineReason.TRUNCATED),
        ("P.png", b"not a picture, but long enough to be one", QuarantineReason.NOT_AN_IMAGE),
        ("P.jpg", PNG, QuarantineReason.WRONG_SUFFIX),
        ("0001.png", PNG, QuarantineReason.BAD_NAME),
        ("two\nlines.png", PNG, QuarantineReason.BAD_NAME),
        ("P.png", encoded(size=(1100, 1000)), QuarantineReason.TOO_LARGE),
        ("P.png", b"x" * (LIMITS.max_bytes + 1), QuarantineReason.TOO_LARGE),
    ],
)
def test_that_a_bad_file_is_refused_with_its_reason(tmp_path, name, data, reason):
    assert reason_of(write(tmp_path / name, data, age_s=60), tmp_path) is reason


def test_that_an_undecodable_name_is_refused(tmp_path):
    path = write(tmp_path / os.fsdecode(b"P\xff_1.png"), PNG)
    assert reason_of(path, tmp_path) is QuarantineReason.BAD_NAME


@pytest.mark.parametrize("data", [b"", PNG[:4], PNG[:-200]])
def test_that_an_unfinished_file_is_waited_for_until_patience_ends(tmp_path, data):
    path = write(tmp_path / "P.png", data, age_s=5)
    with pytest.raises(NotCompleteError, match="not finished"):
        read_plot(path, tmp_path, LIMITS, patience_s=10)
    assert reason_of(path, tmp_path, patience_s=4) in (
        QuarantineReason.EMPTY, QuarantineReason.TRUNCATED, QuarantineReason.NOT_AN_IMAGE,
    )  # fmt: skip


def test_that_a_file_that_is_gone_has_vanished(tmp_path):
    for path in (tmp_path / "P.png", write(tmp_path / "x", b"1") / "P.png"):
        with pytest.raises(FileVanishedError):
            read_plot(path, tmp_path, LIMITS)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_that_what_is_no_file_is_refused_without_waiting(tmp_path, make):
    make(tmp_path / "P.png")
    assert reason_of(tmp_path / "P.png", tmp_path) is QuarantineReason.UNREADABLE


def test_that_a_name_no_file_can_have_is_refused(tmp_path):
    assert reason_of(tmp_path / "P\0.png", tmp_path) is QuarantineReason.UNREADABLE


@contextmanager
def without_rights():
    """As another user, where the tests run as root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_that_a_file_without_the_right_to_read_is_waited_for_and_then_refused(tmp_path):
    path = write(tmp_path / "P.png", PNG, age_s=5)
    path.chmod(0)
    above = takewhile(lambda folder: folder != Path(tempfile.gettempdir()), tmp_path.parents)
    for folder in (tmp_path, *above):
        folder.chmod(folder.stat().st_mode | 0o055)
    with without_rights():
        with pytest.raises(NotCompleteError):
            read_plot(path, tmp_path, LIMITS, patience_s=3600)
        assert reason_of(path, tmp_path, patience_s=1) is QuarantineReason.UNREADABLE
    path.chmod(0o644)
    assert read_plot(path, tmp_path, LIMITS).plot.width == 80


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ESTALE, errno.ENOMEM])
def test_that_trouble_of_our_own_is_never_blamed_on_the_plot(tmp_path, monkeypatch, number):
    path = write(tmp_path / "P.png", PNG, age_s=10**6)

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(reading.os, "open", fail)
    with pytest.raises(NotCompleteError):
        read_plot(path, tmp_path, LIMITS)


@pytest.mark.parametrize("change", ["grow", "shrink", "touch"])
def test_that_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, monkeypatch, change):
    path = write(tmp_path / "P.png", PNG, age_s=60)
    real = os.read

    def read_and_change(descriptor, size):
        data = real(descriptor, size)
        if change == "grow":
            with path.open("ab") as file:
                file.write(b"more")
        elif change == "shrink":
            os.truncate(path, 10)
        else:
            os.utime(path)
        return data

    monkeypatch.setattr(reading.os, "read", read_and_change)
    with pytest.raises(NotCompleteError, match="changed"):
        read_plot(path, tmp_path, LIMITS)


def test_that_short_reads_of_a_file_server_are_put_together(tmp_path, monkeypatch):
    path, real = write(tmp_path / "P.png", PNG), os.read
    monkeypatch.setattr(reading.os, "read", lambda descriptor, size: real(descriptor, min(size, 100)))
    assert read_plot(path, tmp_path, LIMITS).plot.data == PNG


def test_that_no_descriptor_is_left_open(tmp_path):
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    good, bad = write(tmp_path / "P.png", PNG), write(tmp_path / "Q.png", b"", age_s=60)
    for _ in range(20):
        read_plot(good, tmp_path, LIMITS)
        reason_of(bad, tmp_path)
    assert len(list(descriptors.iterdir())) == before


def test_that_many_threads_read_the_same_file(tmp_path):
    path, hashes = write(tmp_path / "P.png", PNG), []
    threads = [
        threading.Thread(target=lambda: hashes.append(read_plot(path, tmp_path, LIMITS).plot.sha256)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert hashes == [hashlib.sha256(PNG).hexdigest()] * 8
