"""`hydra-gui collect` as a shell sees it."""

import json

import pytest

from backend.store import Store
from hydra_gui.cli.program import run_command
from tests.samples import OWNER, commit, judged, new_plot, put_in_force


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HYDRA_USER", "expert")

    def command(*words):
        code = run_command(["--data-dir", str(tmp_path / "data"), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_that_the_rate_is_shown_and_set_and_a_wrong_one_is_refused(run, tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'hydra.db'}", tmp_path / "data") as store:
        plots = [item.plot for item in commit(store, [new_plot(n, run=n + 1) for n in range(3)])]
        model = put_in_force(store)
        store.verdicts.record([judged(plot, model, 0.9) for plot in plots], OWNER)
    code, out, _ = run("collect", "show")
    assert code == 0
    assert all(word in out for word in ("CDC_occupancy", "1 %", "alarmed"))
    assert run("collect", "set", "CDC_occupancy", "2.5")[0] == 0
    [told] = json.loads(run("collect", "show", "--json")[1])
    assert (told["percent"], told["kept"], told["by_reason"]["alarm"]) == (2.5, 3, 3)
    assert run("collect", "set", "CDC_occupancy", "150")[0] == 2
    assert run("collect", "set", "Nothing", "5")[0] == 2
