"""Looking at a directory: what belongs to the feed, and what is complete."""

import os
import time
from pathlib import Path

import pytest

from backend.feed.mounts import network_filesystem
from backend.feed.scanning import Kind, Scanner, is_temporary, key_of
from tests.fakes.image_files import SUFFIXES, encoded

PNG = encoded()


def write(path, data=PNG, age_s=100.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    moment = time.time() - age_s
    os.utime(path, (moment, moment))
    return path


def sweep(root, seen=(), most=1000, **options):
    scanner = Scanner(str(root), **options)
    return scanner.sweep(str(root), lambda key: key in seen, most, lambda: False)


def names(stamps, root):
    return [os.path.relpath(stamp.path, root) for stamp in stamps]


def test_that_a_walk_finds_files_in_all_folders_oldest_first(tmp_path):
    for name, age_s in (("b.png", 10), ("Run1/a.png", 30), ("Run1/deep/er/c.png", 20)):
        write(tmp_path / name, age_s=age_s)
    result = sweep(tmp_path)
    assert names(result.complete, tmp_path) == ["Run1/a.png", "Run1/deep/er/c.png", "b.png"]
    assert not result.more
    assert result.error is None


def test_that_files_of_one_time_are_ordered_by_name(tmp_path):
    for name in ("c.png", "a.png", "b.png"):
        os.utime(write(tmp_path / name), ns=(10**18, 10**18))
    assert names(sweep(tmp_path).complete, tmp_path) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(
    "name", [".hidden.png", "a.png.tmp", "a.PART", "a.png~", ".a.png.swp", "x.filepart", ".dir/a.png", "new.tmp/a.png"]
)
def test_that_hidden_and_temporary_names_are_passed_over(tmp_path, name):
    path = write(tmp_path / name)
    assert sweep(tmp_path).complete == []
    assert Scanner(str(tmp_path)).look(str(path)).kind is Kind.NOTHING


@pytest.mark.parametrize("name", ["a.png", "tmp.png", "part_1.png", "a~b.png", "README"])
def test_that_other_names_are_not(name):
    assert not is_temporary(name)


def test_that_links_to_files_are_taken_and_links_to_folders_are_not_entered(tmp_path):
    outside = write(tmp_path / "outside/plot.png")
    root = tmp_path / "in"
    write(root / "a/b.png")
    (root / "file.png").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "a/loop").symlink_to(root)
    (root / "nowhere.png").symlink_to(tmp_path / "missing")
    assert sorted(names(sweep(root).complete, root)) == ["a/b.png", "file.png"]
    look = Scanner(str(root)).look
    kinds = [look(str(root / name)).kind for name in ("file.png", "folder", "folder/plot.png", "a/loop/a/b.png")]
    assert kinds == [Kind.COMPLETE, Kind.NOTHING, Kind.NOTHING, Kind.NOTHING]


def test_that_excluded_folders_are_not_entered(tmp_path):
    write(tmp_path / "away/a.png")
    write(tmp_path / "Run1/away/b.png")
    away = frozenset([str(tmp_path / "away")])
    assert names(sweep(tmp_path, exclude=away).complete, tmp_path) == ["Run1/away/b.png"]
    assert Scanner(str(tmp_path), away).look(str(tmp_path / "away/a.png")).kind is Kind.NOTHING


def test_that_what_lies_elsewhere_does_not_belong(tmp_path):
    sibling = write(tmp_path / "in-done/a.png")
    assert Scanner(str(tmp_path / "in")).look(str(sibling)).kind is Kind.NOTHING


def test_that_seen_files_are_only_counted_as_present(tmp_path):
    status = write(tmp_path / "a.png").stat()
    write(tmp_path / "b.png")
    key = key_of(str(tmp_path / "a.png"), status.st_mtime_ns, status.st_size)
    result = sweep(tmp_path, seen={key})
    assert names(result.complete, tmp_path) == ["b.png"]
    assert result.present == {key}


def test_that_a_walk_that_is_cut_returns_the_oldest_and_says_so(tmp_path):
    for number in range(50):
        write(tmp_path / f"P_{number:04d}.png", b"x", age_s=1000 - number)
    result = sweep(tmp_path, most=7)
    assert names(result.complete, tmp_path) == [f"P_{number:04d}.png" for number in range(7)]
    assert result.more


@pytest.mark.parametrize("image_format", SUFFIXES)
def test_that_a_fresh_whole_image_is_complete_at_once(tmp_path, image_format):
    path = write(tmp_path / f"P{SUFFIXES[image_format]}", encoded(image_format), age_s=0)
    assert Scanner(str(tmp_path), settle_s=60).look(str(path)).kind is Kind.COMPLETE


@pytest.mark.parametrize("data", [b"", PNG[:-1], PNG[:100], b"hello"])
def test_that_a_fresh_unfinished_file_is_not(tmp_path, data):
    path = write(tmp_path / "P.png", data, age_s=0)
    result = sweep(tmp_path, settle_s=60)
    assert (result.complete, names(result.unfinished, tmp_path)) == ([], ["P.png"])
    assert Scanner(str(tmp_path), settle_s=60).look(str(path)).kind is Kind.UNFINISHED


def test_that_a_quiet_file_is_complete_whatever_it_holds(tmp_path):
    path = write(tmp_path / "P.png", b"hello", age_s=61)
    assert Scanner(str(tmp_path), settle_s=60).look(str(path)).kind is Kind.COMPLETE


def test_that_a_clock_that_is_ahead_makes_no_file_complete(tmp_path):
    write(tmp_path / "P.png", b"hello", age_s=-3600)
    assert len(sweep(tmp_path).unfinished) == 1


def test_that_strange_names_are_found_as_they_are(tmp_path):
    wanted = [b"new\nline.png", b"\xff\xfe_1.png", "😀 x.png".encode(), b" .png", b"-rf.png"]
    for name in wanted:
        write(tmp_path / os.fsdecode(name))
    found = sweep(tmp_path).complete
    assert sorted(os.fsencode(stamp.path).rpartition(b"/")[2] for stamp in found) == sorted(wanted)
    assert all(Path(stamp.path).exists() for stamp in found)


def test_that_a_missing_directory_is_an_error_and_a_missing_folder_is_not(tmp_path):
    assert isinstance(sweep(tmp_path / "missing").error, FileNotFoundError)
    (tmp_path / "file").write_text("x")
    assert isinstance(sweep(tmp_path / "file").error, NotADirectoryError)


def test_that_a_walk_stops_when_asked(tmp_path):
    for number in range(20):
        write(tmp_path / f"Run{number}/P.png")
    scanner = Scanner(str(tmp_path))
    assert len(scanner.sweep(str(tmp_path), lambda _: False, 100, lambda: True).complete) <= 1


MOUNTS = """\
22 1 254:1 / / rw shared:1 - ext4 /dev/vda rw
30 22 0:40 / /data rw - nfs4 server:/data rw
31 30 254:3 / /data/local rw - xfs /dev/vdb rw
32 22 0:41 / /mnt/with\\040space rw - cifs //server/share rw
33 22 0:42 / /home/u rw - fuse.sshfs host: rw
34 22 0:43 / /twice rw - nfs server:/twice rw
35 22 254:4 / /twice rw - ext4 /dev/vdc rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var", ""),
        ("/data/in", "nfs4"),
        ("/data", "nfs4"),
        ("/database", ""),
        ("/data/local/in", ""),
        ("/mnt/with space/in", "cifs"),
        ("/home/u/x", "fuse.sshfs"),
        ("/twice/x", ""),
    ],
)
def test_that_network_file_systems_are_known(tmp_path, path, kind):
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert network_filesystem(path, table) == kind


def test_that_an_unknown_system_counts_as_local(tmp_path):
    assert network_filesystem("/", tmp_path / "missing") == ""
