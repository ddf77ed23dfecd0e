"""Disposal: nothing is lost, whatever happens when."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from backend.domain.intake import AfterIntake
from backend.feed import disposal as disposal_module
from backend.feed.disposal import Disposal, put_back
from backend.feed.reading import stamp_of
from backend.feed.scanning import TAKEN_SUFFIX

LEAVE, MOVE, DELETE = AfterIntake.LEAVE, AfterIntake.MOVE, AfterIntake.DELETE


class Hall:
    """An input directory with one plot in it."""

    def __init__(self, base):
        self.root, self.away = base / "in", base / "away"
        self.file = self.write("Run000001/P_0001.png", b"one")

    def write(self, name, data, at_ns=10**18):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(at_ns, at_ns))
        return path

    def stamp(self, path=None):
        path = path or self.file
        return stamp_of(str(path), path.stat())

    def everything(self):
        """All files with their content, except hidden ones."""
        base = self.root.parent
        found = (path for path in base.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {str(path.relative_to(base)): path.read_bytes() for path in found}

    def hidden(self):
        return [path for path in self.root.parent.rglob(".*") if path.is_file()]


@pytest.fixture
def hall(tmp_path):
    return Hall(tmp_path)


def test_that_leave_leaves_the_file(hall):
    disposal = Disposal(LEAVE, hall.away, hall.root)
    disposal.done(hall.stamp())
    disposal.set_aside(hall.stamp())
    assert hall.everything() == {"in/Run000001/P_0001.png": b"one"}
    assert not disposal.disposes


def test_that_move_keeps_the_path_below_the_folder(hall):
    disposal, stamp = Disposal(MOVE, hall.away, hall.root), hall.stamp()
    disposal.done(stamp)
    disposal.done(stamp)
    assert hall.everything() == {"away/Run000001/P_0001.png": b"one"}
    assert (hall.away / "Run000001/P_0001.png").stat().st_mtime_ns == stamp.mtime_ns
    assert not hall.hidden()


def test_that_delete_deletes_once(hall):
    disposal, stamp = Disposal(DELETE, None, hall.root), hall.stamp()
    disposal.done(stamp)
    disposal.done(stamp)
    assert hall.everything() == {}
    assert not hall.hidden()


@pytest.mark.parametrize("after", [MOVE, DELETE])
@pytest.mark.parametrize("rewritten", [{"data": b"two"}, {"data": b"longer"}, {"data": b"one", "at_ns": 10**18 + 1}])
def test_that_a_file_that_was_rewritten_is_not_touched(hall, after, rewritten):
    stamp = hall.stamp()
    hall.write("Run000001/P_0001.png", **({"at_ns": 10**18 + 10**9} | rewritten))
    Disposal(after, hall.away, hall.root).done(stamp)
    assert hall.everything() == {"in/Run000001/P_0001.png": rewritten["data"]}


@pytest.mark.parametrize("after", [MOVE, DELETE])
def test_that_a_file_replaced_at_the_last_moment_is_put_back(hall, after, monkeypatch):
    stamp, real = hall.stamp(), Path.rename

    def replace_then_rename(path, target):
        if path == hall.file:
            hall.write("Run000001/P_0001.png", b"newer", 10**18 + 5)
        return real(path, target)

    monkeypatch.setattr(Path, "rename", replace_then_rename)
    Disposal(after, hall.away, hall.root).done(stamp)
    monkeypatch.undo()
    assert hall.everything() == {"in/Run000001/P_0001.png": b"newer"}
    assert not hall.hidden()


def test_that_a_name_that_is_taken_gets_another_pad_number(hall):
    disposal = Disposal(MOVE, hall.away, hall.root)
    disposal.done(hall.stamp())
    for data in (b"two", b"three"):
        disposal.done(hall.stamp(hall.write("Run000001/P_0001.png", data, 10**18 + len(data))))
    assert hall.everything() == {
        "away/Run000001/P_0001.png": b"one",
        "away/Run000001/P-02_0001.png": b"two",
        "away/Run000001/P-03_0001.png": b"three",
    }


@pytest.mark.parametrize(
    ("after", "moved_to", "where"),
    [(MOVE, "away", "away/quarantine"), (DELETE, "away", "away/quarantine"), (DELETE, None, "in-quarantine")],
)
def test_that_a_rejected_file_is_moved_out_of_the_way_and_never_deleted(hall, after, moved_to, where):
    disposal = Disposal(after, hall.root.parent / moved_to if moved_to else None, hall.root)
    stamp = hall.stamp()
    disposal.set_aside(stamp)
    disposal.set_aside(stamp)
    assert hall.everything() == {f"{where}/Run000001/P_0001.png": b"one"}
    assert hall.root.parent / where in disposal.own_folders


def test_that_moving_without_a_folder_uses_one_beside_the_input(hall):
    Disposal(MOVE, None, hall.root).done(hall.stamp())
    assert hall.everything() == {"in-done/Run000001/P_0001.png": b"one"}


def test_that_strange_names_are_moved(hall):
    stamps = []
    for name in (b"new\nline.png", b"\xff\xfe_1.png", "😀 x.png".encode(), b"-rf.png"):
        path = Path(os.fsdecode(os.fsencode(hall.root) + b"/" + name))
        path.write_bytes(name)
        stamps.append(hall.stamp(path))
    for stamp in stamps:
        Disposal(MOVE, hall.away, hall.root).done(stamp)
    moved = {os.fsencode(path.name) for path in hall.away.iterdir()}
    assert moved == {b"new\nline.png", b"\xff\xfe_1.png", "😀 x.png".encode(), b"-rf.png"}


def other_filesystem(monkeypatch, into):
    """Renames into that folder fail as they do between file systems; within it they work."""
    real = Path.rename

    def rename(path, target):
        if into in Path(target).parents and into not in path.parents:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)


def test_that_a_move_to_another_file_system_keeps_content_and_time(hall, monkeypatch):
    other_filesystem(monkeypatch, hall.away)
    stamp = hall.stamp()
    Disposal(MOVE, hall.away, hall.root).done(stamp)
    moved = hall.away / "Run000001/P_0001.png"
    assert hall.everything() == {"away/Run000001/P_0001.png": b"one"}
    assert moved.stat().st_mtime_ns == stamp.mtime_ns
    assert not hall.hidden()


def test_that_a_real_other_file_system_is_reached(hall):
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == hall.root.stat().st_dev:
        pytest.skip("there is only one file system")
    with tempfile.TemporaryDirectory(dir=memory) as away:
        Disposal(MOVE, Path(away), hall.root).done(hall.stamp())
        assert (Path(away) / "Run000001/P_0001.png").read_bytes() == b"one"
    assert hall.everything() == {}


def test_that_a_link_is_moved_as_the_file_it_shows(hall, tmp_path):
    target = tmp_path / "elsewhere.png"
    target.write_bytes(b"shown")
    link = hall.root / "L.png"
    link.symlink_to("../elsewhere.png")
    Disposal(MOVE, hall.away, hall.root).done(hall.stamp(link))
    assert (hall.away / "L.png").read_bytes() == b"shown"
    assert target.read_bytes() == b"shown"
    assert not link.is_symlink()


class KilledError(BaseException):
    """The process ends here."""


def kill_at(monkeypatch, target, name):
    """End the process before a step: nothing after it happens, no clean-up either."""

    def die(*_, **__):
        raise KilledError

    monkeypatch.setattr(target, name, die)


def resume(hall, disposal, stamp, monkeypatch):
    """The next life: a walk puts taken files back, and the file is disposed of again."""
    monkeypatch.undo()
    monkeypatch.setattr(disposal_module, "LEFT_BEHIND_S", 0.0)
    for path in hall.hidden():
        if path.name.endswith(TAKEN_SUFFIX):
            put_back(str(path))
    disposal.done(stamp)


@pytest.mark.parametrize(
    ("target", "name"),
    [(Path, "unlink"), (disposal_module, "_is_copy"), (disposal_module, "_renamed"), (disposal_module, "_copy"),
     (disposal_module.os, "fsync"), (disposal_module.shutil, "copystat")],
)  # fmt: skip
@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("after", [MOVE, DELETE])
def test_that_a_kill_at_any_step_loses_and_doubles_nothing(hall, monkeypatch, target, name, across, after):
    disposal, stamp = Disposal(after, hall.away, hall.root), hall.stamp()
    if across:
        other_filesystem(monkeypatch, hall.away)
    kill_at(monkeypatch, target, name)
    try:
        disposal.done(stamp)
    except KilledError:
        kept = hall.everything() | {str(path): path.read_bytes() for path in hall.hidden()}
        assert b"one" in kept.values()
    resume(hall, disposal, stamp, monkeypatch)
    assert hall.everything() == ({"away/Run000001/P_0001.png": b"one"} if after is MOVE else {})


def test_that_a_newer_file_does_not_overwrite_one_left_behind(hall, monkeypatch):
    disposal, stamp = Disposal(DELETE, None, hall.root), hall.stamp()
    kill_at(monkeypatch, Path, "unlink")
    with pytest.raises(KilledError):
        disposal.done(stamp)
    monkeypatch.undo()
    newer = hall.write("Run000001/P_0001.png", b"newer", 10**18 + 7)
    disposal.done(hall.stamp(newer))
    assert hall.everything() == {"in/Run000001/P-02_0001.png": b"one"}


def test_that_a_file_being_disposed_of_is_not_put_back(hall):
    taken = hall.file.with_name(f".{hall.file.name}{TAKEN_SUFFIX}")
    hall.file.rename(taken)
    assert put_back(str(taken)) is None
    assert taken.exists()


@pytest.mark.parametrize("fails", ["rename", "full"])
def test_that_a_move_that_fails_leaves_the_file_in_its_place_and_says_so(hall, monkeypatch, fails):
    if fails == "full":
        other_filesystem(monkeypatch, hall.away)

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(disposal_module.shutil, "copyfileobj", full)
    else:
        hall.away.write_text("not a folder")
    with pytest.raises(OSError, match=r"No space left|Not a directory|File exists"):
        Disposal(MOVE, hall.away, hall.root).done(hall.stamp())
    assert hall.everything()["in/Run000001/P_0001.png"] == b"one"
    assert not hall.hidden()
