from pathlib import Path

import pytest

from hydra_gui.watched import WatchedFolder


def test_that_a_folder_is_remembered(tmp_path: Path) -> None:
    WatchedFolder(tmp_path / "data").remember(tmp_path / "plots")
    assert WatchedFolder(tmp_path / "data").recall() == tmp_path / "plots"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"directory": 3}', '{"directory": ""}', "\xff"])
def test_that_a_damaged_memory_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "watched-folder.json").write_text(content, encoding="latin-1")
    assert WatchedFolder(tmp_path).recall() is None


def test_that_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = WatchedFolder(tmp_path / "file")
    folder.remember(tmp_path)
    assert folder.recall() is None
