"""Folders of replaceable things stay bounded; the newest stays."""

import os

from backend.inference.pruning import keep_newest


def test_that_what_was_touched_longest_ago_goes_first(tmp_path):
    for age, name in enumerate(("newest", "middle", "oldest")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "data").write_bytes(b"x" * 100)
        os.utime(folder, (1000 - age, 1000 - age))
    keep_newest(tmp_path, 250)
    assert {path.name for path in tmp_path.iterdir()} == {"newest", "middle"}


def test_that_the_newest_stays_whatever_its_size(tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 100)
    (tmp_path / "old").write_bytes(b"x" * 100)
    os.utime(tmp_path / "old", (1, 1))
    keep_newest(tmp_path, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["big"]


def test_that_no_folder_is_no_trouble(tmp_path):
    keep_newest(tmp_path / "nowhere", 10)


def test_that_links_are_removed_and_not_followed(tmp_path):
    kept = tmp_path / "elsewhere"
    kept.mkdir()
    (kept / "data").write_bytes(b"x" * 1000)
    place = tmp_path / "place"
    place.mkdir()
    (place / "link").symlink_to(kept)
    os.utime(place / "link", (1, 1), follow_symlinks=False)
    (place / "new").write_bytes(b"x" * 100)
    keep_newest(place, 100)
    assert [path.name for path in place.iterdir()] == ["new"]
    assert (kept / "data").exists()
