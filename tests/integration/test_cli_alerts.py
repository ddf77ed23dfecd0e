"""`hydra-gui alerts` as a shell sees it."""

import json

import pytest

from backend.store import Store
from hydra_gui.cli.program import run_command
from tests.fakes.alerts import Hall


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HYDRA_USER", "ann")

    def command(*words):
        code = run_command(["--data-dir", str(tmp_path / "data"), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def hall(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data") as store:
        yield Hall(store, ("CDC_occupancy", "TOF_bars"))


def test_that_open_alerts_are_listed(run, hall):
    assert "No alert is open" in run("alerts", "list")[1]
    hall.judge()
    code, out, _ = run("alerts", "list")
    assert code == 0
    assert all(word in out for word in ("CDC_occupancy", "Bad", "alarm", "raised"))
    [told] = json.loads(run("alerts", "list", "--json")[1])
    assert (told["plot_type"], told["state"], told["confidence"]) == ("CDC_occupancy", "raised", 0.97)


def test_that_a_policy_is_shown_and_changed_with_who_and_why(run, hall):
    words = ("--needed", "3", "--out-of", "5", "--severity", "LED=warning", "--no-beam-gate", "--reason", "it flickers")
    assert run("alerts", "policy", "CDC_occupancy", *words)[0] == 0
    told = json.loads(run("alerts", "policy", "CDC_occupancy", "--json")[1])
    assert (told["needed"], told["out_of"], told["beam_gate"]) == (3, 5, False)
    assert told["severities"] == {"LED": "warning"}
    change = hall.store.alerts.policy_history("CDC_occupancy")[-1]
    assert (change.who, change.reason) == ("ann", "it flickers")
    assert "3" in run("alerts", "policy", "CDC_occupancy")[1]


def test_that_all_plot_types_are_changed_at_once(run, hall):
    assert run("alerts", "policy", "all", "--grace", "90")[0] == 0
    assert {hall.store.alerts.policy(name).grace_s for name in ("CDC_occupancy", "TOF_bars")} == {90.0}


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--needed", "9"), "9 of 1"), (("--severity", "LED=loud"), "one of"), (("--grace", "700"), "0 to 600")],
)
def test_that_what_makes_no_sense_is_refused(run, hall, words, said):
    code, _, error = run("alerts", "policy", "CDC_occupancy", *words)
    assert code == 2
    assert said in " ".join(error.split())


def test_that_an_unknown_plot_type_is_said(run, hall):
    assert run("alerts", "policy", "no_such_plot")[0] == 2


def test_that_the_bounds_of_the_hall_are_shown_changed_and_refused_in_words(run, hall):
    assert "silent after (s)" in run("alerts", "hall")[1]
    code, _, _ = run("alerts", "hall", "--silent-after", "300", "--reason", "every minute")
    assert code == 0
    assert json.loads(run("alerts", "hall", "--json")[1])["silent_after_s"] == 300
    [change] = hall.store.hall_alerts.policy_history()
    assert (change.who, change.reason) == ("ann", "every minute")
    code, _, told = run("alerts", "hall", "--station-after", "3")
    assert code == 2
    assert "station gone after is 3 s; accepted is 15 to 86400 s, or 0 for never" in " ".join(told.split())


def test_that_figures_are_told_to_people_and_scripts(run, hall):
    hall.judge()
    code, out, _ = run("alerts", "figures")
    assert code == 0
    assert "not answered yet" in out
    assert "CDC_occupancy" in out
    told = json.loads(run("alerts", "figures", "--days", "1", "--json")[1])
    assert (told["alerts"], told["median_s"], told["offenders"][0]["name"]) == (1, None, "CDC_occupancy")


def test_that_the_usual_policy_is_changed_by_its_name(run, hall):
    code, out, _ = run("alerts", "policy", "usual", "--needed", "3", "--out-of", "4")
    assert code == 0
    assert "usual" in out
    assert hall.store.alerts.policy_view("").policy.needed == 3
