"""The hall as a process of its own: complete files, the truth beside them, and an orderly end."""

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from backend.simulation.catalogue import CATALOGUE, plot_types
from backend.simulation.writing import write_cycle, write_image, write_number

DEADLINE_S = 60


class Running:
    """A hall process writing below `root`."""

    def __init__(self, root: Path, *arguments: str):
        self.plots, self.beam, self.truth = root / "plots", root / "beam.txt", root / "truth.csv"
        command = [sys.executable, "-m", "backend.simulation", "--into", str(self.plots), "--seed", "3",
                   "--beam-file", str(self.beam), "--truth-file", str(self.truth), *arguments]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self):
        out, err = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, out, err

    def rows(self):
        with self.truth.open(newline="") as file:
            return list(csv.DictReader(file))

    def files(self):
        return sorted(path.relative_to(self.plots).as_posix() for path in self.plots.rglob("*") if path.is_file())


@pytest.fixture
def start():
    halls = []

    def begin(root, *arguments):
        halls.append(Running(root, *arguments))
        return halls[-1]

    yield begin
    for hall in halls:
        if hall.process.poll() is None:
            hall.process.kill()
        hall.process.communicate()


def wait_for(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.002)


def test_that_a_reader_never_sees_an_incomplete_plot_and_the_truth_is_told_first(tmp_path, start):
    hall, seen, broken, untold = start(tmp_path, "--cycle", "0", "--cycles", "4"), set(), [], []

    def look():
        fresh = set(hall.plots.rglob("*.png")) - seen
        told = hall.truth.read_text() if fresh else ""
        for path in fresh:
            seen.add(path)
            try:
                with Image.open(path) as image:
                    image.load()
            except OSError as error:
                broken.append(f"{path}: {error}")
            if f"{path.relative_to(hall.plots).as_posix()}," not in told:
                untold.append(path)
        return hall.process.poll() is not None

    wait_for(look)
    look()
    code, out, err = hall.finish()
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert f"{4 * len(CATALOGUE)} plots in 4 cycles" in out
    assert len(seen) == 4 * len(CATALOGUE)
    assert not broken
    assert not untold


def test_that_the_truth_names_every_file_and_only_classes_the_plot_type_has(tmp_path, start):
    hall = start(tmp_path, "--cycle", "0", "--cycles", "4", "--run-length", "2", "--start-run", "500", "--copies", "2")
    assert hall.finish()[0] == 0
    rows, kinds = hall.rows(), {kind.name: kind for kind in plot_types(2)}
    assert sorted(row["path"] for row in rows) == hall.files()
    assert {row["run"] for row in rows} == {"500", "501"}
    for row in rows:
        kind = kinds[row["plot_type"]]
        assert row["label"] in kind.classes
        assert (row["label"] == "Good") == (row["fault"] == "") == (row["strength"] == "")
        assert (row["chunk"] != "") == kind.chunked
    assert any(row["label"] == "Bad" for row in rows)
    assert sum(row["label"] == "Good" for row in rows) > 0.8 * len(rows)


def test_that_without_beam_new_chunks_are_empty_and_the_beam_file_says_so(tmp_path, start):
    script = tmp_path / "trip.toml"
    script.write_text("[[beam_trip]]\ncycles = [2, 2]\n")
    hall = start(tmp_path, "--cycle", "0", "--cycles", "2", "--script", str(script))
    assert hall.finish()[0] == 0
    assert float(hall.beam.read_text()) == 0.0
    chunked = {kind.name for kind in CATALOGUE if kind.chunked}
    second = [row for row in hall.rows() if row["path"].endswith(("_0002.png", "-0002.png"))]
    assert {row["label"] for row in second if row["plot_type"] in chunked} == {"NoData"}
    assert {row["label"] for row in second if row["plot_type"] not in chunked} == {"Good"}
    assert {row["label"] for row in hall.rows() if row not in second} == {"Good"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_that_a_signal_stops_the_hall_between_two_plots(tmp_path, start, number):
    hall = start(tmp_path, "--cycle", "3600")
    wait_for(lambda: len(list(hall.plots.rglob("*.png"))) > 3)
    hall.process.send_signal(number)
    code, out, err = hall.finish()
    assert (code, err) == (0, "")
    assert "simulated hall" in out
    assert hall.files() == sorted(row["path"] for row in hall.rows())
    assert not list(tmp_path.rglob(".*"))


def test_that_a_killed_hall_leaves_only_complete_plots(tmp_path, start):
    hall = start(tmp_path, "--cycle", "0")
    wait_for(lambda: len(list(hall.plots.rglob("*.png"))) > 10)
    hall.process.kill()
    hall.finish()
    for path in hall.plots.rglob("*.png"):
        if not path.name.startswith("."):
            with Image.open(path) as image:
                image.load()


def test_that_a_second_hall_begins_a_new_run_and_overwrites_nothing(tmp_path, start):
    first = start(tmp_path, "--cycle", "0", "--cycles", "1")
    assert first.finish()[0] == 0
    before = {path: (first.plots / path).stat().st_mtime_ns for path in first.files()}
    second = start(tmp_path, "--cycle", "0", "--cycles", "1")
    assert second.finish()[0] == 0
    assert {row["run"] for row in second.rows()} == {"12345", "12346"}
    assert before == {path: (first.plots / path).stat().st_mtime_ns for path in before}


def test_that_the_same_seed_makes_the_same_files(tmp_path, start):
    halls = [start(tmp_path / name, "--cycle", "0", "--cycles", "2") for name in ("one", "other")]
    assert [hall.finish()[0] for hall in halls] == [0, 0]
    one, other = halls
    assert one.files() == other.files()
    assert all((one.plots / path).read_bytes() == (other.plots / path).read_bytes() for path in one.files())
    assert one.truth.read_text() == other.truth.read_text()


def test_that_the_beam_file_is_kept_fresh_while_the_hall_waits(tmp_path, start):
    hall = start(tmp_path, "--cycle", "3600")
    wait_for(lambda: len(list(hall.plots.rglob("*.png"))) == len(CATALOGUE))
    written = hall.beam.stat().st_mtime_ns
    wait_for(lambda: hall.beam.stat().st_mtime_ns > written)
    assert float(hall.beam.read_text()) > 100


def test_that_wrong_arguments_and_unwritable_places_are_told_apart(tmp_path, start):
    (tmp_path / "bad.toml").write_text("[[beam]]")
    code, _, err = start(tmp_path, "--script", str(tmp_path / "bad.toml")).finish()
    assert code == 2
    assert "bad.toml" in err
    (tmp_path / "plots").write_text("a file, not a folder")
    code, _, err = start(tmp_path, "--cycles", "1").finish()
    assert code == 3
    assert "simulated hall stopped" in err


def test_that_a_cycle_for_tests_holds_the_named_plots_and_is_never_overwritten(tmp_path):
    names = [kind.name for kind in plot_types(4)][:73]
    paths = write_cycle(tmp_path, 5, names, 2000, 3)
    assert len({path.name for path in paths}) == 73
    assert all(path.parent == tmp_path / "RunPeriod-2026-11" / "Run002000" for path in paths)
    with pytest.raises(FileExistsError, match="never overwrites"):
        write_cycle(tmp_path, 5, names[:1], 2000, 3)


def test_that_a_failed_write_leaves_no_part_behind(tmp_path):
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(FileExistsError):
        write_image(Image.new("RGB", (5, 5)), tmp_path / "taken.png")
    write_number(tmp_path / "beam.txt", 1.25)
    assert (tmp_path / "beam.txt").read_text() == "1.25\n"
    assert not list(tmp_path.glob(".*"))
