"""The commands as a shell sees them: arguments in; output, files and exit code out."""

import importlib.util
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.services.doctor.findings import Outcome
from backend.store import Store
from hydra_gui.cli.program import run_command
from tests.fakes.activation import activate_bundle
from tests.fakes.bundles import make_bundle, make_packed
from tests.fakes.plots import write_plots

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on a store of its own; exit code, output and errors."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: object) -> tuple[int, str, str]:
        code = run_command(["--data-dir", str(tmp_path / "data"), *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def plots(tmp_path: Path) -> list[Path]:
    return write_plots(tmp_path / "plots", ["CDC_occupancy"], 4)


def with_model(tmp_path: Path) -> int:
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        return activate_bundle(store, tmp_path / "bundles", "CDC_occupancy")


def test_that_an_unknown_command_is_a_usage_error(run: Run) -> None:
    code, out, err = run("nonsense")
    assert (code, out) == (2, "")
    assert "nonsense" in err
    assert "hydra-gui --help" in err


def test_that_a_wrong_value_is_a_usage_error(run: Run) -> None:
    assert run("models", "show", "one")[0] == 2
    assert run("classify", "/nowhere/at/all.png")[0] == 2


def test_that_the_version_is_told(run: Run) -> None:
    code, out, _ = run("--version")
    assert code == 0
    assert out.startswith("hydra-gui ")


def test_that_every_command_explains_itself(run: Run) -> None:
    for words in (
        (), ("demo",), ("serve",), ("classify",), ("labels", "import"), ("labels", "export"), ("train",),
        ("models", "list"), ("models", "show"), ("models", "activate"), ("models", "rollback"),
        ("models", "import"), ("models", "export"), ("models", "keygen"), ("db", "status"), ("db", "upgrade"),
        ("db", "purge"), ("db", "backup"), ("db", "restore"),
        ("db", "login"), ("db", "logout"), ("db", "grant"), ("db", "revoke"), ("db", "audit"), ("import-hydra",),
        ("doctor",),
    ):  # fmt: skip
        code, out, _ = run(*words, "--help")
        assert code == 0
        assert "Usage: hydra-gui" in out


def test_that_classify_shows_a_table(run: Run, tmp_path: Path, plots: list[Path]) -> None:
    with_model(tmp_path)
    code, out, _ = run("classify", *plots)
    assert code == 0
    assert "4 files: 2 Good, 2 Bad" in out


def test_that_classify_answers_in_json(run: Run, tmp_path: Path, plots: list[Path]) -> None:
    with_model(tmp_path)
    code, out, _ = run("classify", tmp_path / "plots", "--format", "json")
    assert code == 0
    answers = json.loads(out)
    assert [(a["path"], a["classification"], a["severity"]) for a in answers] == [
        (str(path), "Bad" if n % 2 else "Good", "alarm" if n % 2 else "normal") for n, path in enumerate(plots)
    ]
    assert json.loads(run("--json", "classify", plots[0])[1])[0]["confirmed"] is True
    assert json.loads(run("classify", plots[0], "--json")[1])[0]["trouble"] == ""


def test_that_exact_maps_that_cannot_be_had_are_told_beside_the_verdicts(
    run: Run, tmp_path: Path, plots: list[Path]
) -> None:
    with_model(tmp_path)
    code, out, err = run("classify", *plots, "--maps", tmp_path / "maps")
    if importlib.util.find_spec("tensorflow") is None:
        assert (code, "not installed here" in err) == (3, True)
    else:
        assert code == 1
        assert "4 files: 2 Good, 2 Bad" in out
        assert out.count("came without model.keras") == 4
        assert "0 exact heat maps in" in out
    assert run("classify", plots[0], "--layer", "mixed7")[0] == 2
    assert run("classify", "--all", "--model", "1", "--maps", tmp_path)[0] == 2


def test_that_classify_answers_in_junit(run: Run, tmp_path: Path, plots: list[Path]) -> None:
    with_model(tmp_path)
    (tmp_path / "text.png").write_text("x")
    code, out, _ = run("classify", *plots, tmp_path / "text.png", "--format", "junit")
    assert code == 1
    suite = ET.fromstring(out)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "2", "1")
    assert [case.get("name") for case in suite] == [str(path) for path in (*plots, tmp_path / "text.png")]


@pytest.mark.parametrize(("fail_on", "code"), [("alarm", 1), ("warning", 1), (None, 0)])
def test_that_the_exit_code_tells_of_alarms_where_it_is_asked_to(
    fail_on: str | None, code: int, run: Run, tmp_path: Path, plots: list[Path]
) -> None:
    with_model(tmp_path)
    assert run("classify", plots[1], *(("--fail-on", fail_on) if fail_on else ()))[0] == code
    assert run("classify", plots[0], *(("--fail-on", fail_on) if fail_on else ()))[0] == 0


def test_that_classify_takes_a_bundle_without_any_store(run: Run, tmp_path: Path, plots: list[Path]) -> None:
    make_bundle(tmp_path / "bundle", "CDC_occupancy")
    assert run("classify", plots[0], "--model", tmp_path / "bundle")[0] == 0
    assert not (tmp_path / "data").exists()
    code, _, err = run("classify", plots[0], "--model", tmp_path / "none.zip")
    assert code == 1
    assert "none.zip" in err


def test_that_a_file_without_model_is_a_problem(run: Run, plots: list[Path]) -> None:
    code, out, _ = run("classify", plots[0])
    assert code == 1
    assert "no model judges this plot type" in out


def test_that_labels_come_in_and_go_out(run: Run, tmp_path: Path, plots: list[Path]) -> None:
    rows = [f"{path.relative_to(tmp_path)},CDC_occupancy,{n},,Good" for n, path in enumerate(plots)]
    file = tmp_path / "labels.csv"
    file.write_text("\n".join(["path,plot_type,run,chunk,label", *rows, "gone.png,CDC_occupancy,1,,Good"]))
    code, out, _ = run("labels", "import", file, "--runs", "0-2", "--json")
    answer = json.loads(out)
    assert code == 1
    assert (answer["labelled"], answer["by_label"]) == (3, {"Good": 3})
    assert [row["line"] for row in answer["rejected"]] == [6]
    code, out, _ = run("labels", "export", tmp_path / "out" / "labels.csv")
    assert code == 0
    assert "3 labels exported" in out


def test_that_a_file_that_is_no_label_file_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n")
    code, _, err = run("labels", "import", tmp_path / "x.csv")
    assert code == 1
    assert "lacks the columns" in err


def test_that_a_model_is_listed_shown_and_activated(run: Run, tmp_path: Path) -> None:
    number = with_model(tmp_path)
    (listed,) = json.loads(run("models", "list", "--json")[1])
    assert (listed["id"], listed["active_for"], listed["state"]) == (number, ["CDC_occupancy"], "active")
    assert json.loads(run("--json", "models", "show", number)[1])["manifest"]["labels"] == ["Good", "Bad"]
    code, out, _ = run("models", "activate", number, "--plot-type", "CDC_copy", "--note", "looks alike")
    assert code == 0
    assert "judges CDC_copy from now on" in out
    assert json.loads(run("models", "list", "--json")[1])[0]["active_for"] == ["CDC_copy", "CDC_occupancy"]


def test_that_models_say_what_to_do_when_there_are_none(run: Run) -> None:
    assert "hydra-gui train" in run("models", "list")[1]
    code, _, err = run("models", "show", "7")
    assert code == 2
    assert "no model 7" in err


def test_that_the_database_is_made_and_described(run: Run) -> None:
    assert "no database yet" in run("db", "status")[1]
    code, out, _ = run("db", "upgrade", "--json")
    assert code == 0
    assert json.loads(out)["before"] is None
    code, out, _ = run("db", "status", "--json")
    assert code == 0
    assert json.loads(out)["current"] is True
    assert json.loads(out)["counts"]["plots"] == 0
    assert "Nothing to do" in run("db", "upgrade")[1]


def test_that_a_server_with_another_schema_is_upgraded_by_command_only(run: Run, mariadb_url: str) -> None:
    code, _, err = run("--store", mariadb_url, "models", "list")
    assert code == 3
    assert "hydra-gui db upgrade" in err
    assert run("--store", mariadb_url, "db", "status")[0] == 1
    assert run("--store", mariadb_url, "db", "upgrade")[0] == 0
    assert run("--store", mariadb_url, "models", "list")[0] == 0


def test_that_a_database_that_does_not_answer_is_unavailable(run: Run) -> None:
    code, out, err = run("--store", "mysql://nobody@127.0.0.1:1/none", "models", "list", "--json")
    assert (code, out) == (3, "")
    assert json.loads(err)["exit_code"] == 3


def test_that_a_bad_configuration_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[input]\nfolder = 1\n")
    code, _, err = run("--config", tmp_path / "bad.toml", "doctor")
    assert code == 2
    assert "input.folder" in err


def test_that_serving_without_a_folder_is_a_usage_error(run: Run) -> None:
    code, _, err = run("serve")
    assert code == 2
    assert "--watch DIR" in err


def test_that_training_without_labels_says_how_to_get_some(run: Run, tmp_path: Path) -> None:
    with_model(tmp_path)
    code, _, err = run("train", "CDC_occupancy")
    assert code == 1
    assert "labels import" in err
    assert run("train", "Unknown")[0] == 2


def test_that_the_doctor_finds_nothing_wrong_with_a_working_installation(run: Run, tmp_path: Path) -> None:
    with_model(tmp_path)
    code, out, _ = run("doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(out)["findings"]}
    assert code == 0
    assert findings["models"]["outcome"] == Outcome.OK
    assert findings["database"]["outcome"] == Outcome.OK
    assert findings["input"]["remedy"]


def test_that_the_doctor_names_what_is_broken_and_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        manifest, zipped = make_packed(tmp_path / "bundle", "CDC_occupancy")
        store.models.activate(store.models.register(manifest, zipped[:-1] + b"x", "tests"), "tests")
    monkeypatch.setenv("HYDRA_INPUT__DIRECTORY", str(tmp_path / "nowhere"))
    monkeypatch.setenv("HYDRA_BEAM__FILE", str(tmp_path / "no-beam.txt"))
    code, out, _ = run("doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(out)["findings"]}
    assert code == 1
    for subject in ("models", "input", "beam"):
        assert findings[subject]["outcome"] == Outcome.FAILED
        assert findings[subject]["remedy"]
    assert "not a folder" in findings["input"]["detail"]


def test_that_the_doctor_speaks_to_people_too(run: Run) -> None:
    code, out, _ = run("doctor")
    assert code == 0
    assert "✓ installation" in out
    assert "Everything needed works." in out
