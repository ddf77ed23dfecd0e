"""Incidents: scripted or by chance, lasting, in one place, the same for the same seed."""

import pytest

from backend.simulation.catalogue import CATALOGUE, plot_type
from backend.simulation.faults import FaultKind
from backend.simulation.incidents import DEMO, Schedule, Script, ScriptError, read_script

SCRIPT = """
repeat = 10

[random]
rate = 0.1
cycles = [3, 3]

[[fault]]
cycles = [2, 4]
plot_type = "TOF_bars"
fault = "dead_board"
strength = 0.7

[[beam_trip]]
cycles = [6, 7]
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text(SCRIPT)
    return read_script(path)


def test_that_a_scripted_fault_lasts_and_comes_back_in_the_next_round(script):
    schedule = Schedule(Script(script.incidents, repeat=10), seed=1)
    ill = [cycle for cycle in range(1, 21) if schedule.incident(plot_type("TOF_bars"), cycle)]
    assert ill == [2, 3, 4, 12, 13, 14]
    found = schedule.incident(plot_type("TOF_bars"), 3)
    assert (found.fault, found.strength) == (FaultKind.DEAD_BOARD, 0.7)
    assert schedule.incident(plot_type("TOF_bars-S2"), 3) is None


def test_that_the_beam_trips_when_the_script_says(script):
    assert [cycle for cycle in range(1, 11) if script.without_beam(cycle)] == [6, 7]


def test_that_random_faults_last_as_long_as_asked_in_one_place_and_follow_from_the_seed():
    schedule = Schedule(Script(rate=0.05, length=(3, 3)), seed=4)
    kind = plot_type("CDC_occupancy")
    found = [schedule.incident(kind, cycle) for cycle in range(1, 200)]
    assert found == [Schedule(Script(rate=0.05, length=(3, 3)), seed=4).incident(kind, c) for c in range(1, 200)]
    first = next(incident for incident in found if incident)
    assert first.last - first.first == 2
    assert found[first.first - 1] is found[first.first] or found[first.first - 1] == found[first.first]
    assert found != [Schedule(Script(rate=0.05, length=(3, 3)), seed=5).incident(kind, c) for c in range(1, 200)]


def test_that_the_demonstration_shows_something_early_and_leaves_most_plots_well():
    schedule = Schedule(DEMO, seed=1)
    ill = {cycle: [kind.name for kind in CATALOGUE if schedule.incident(kind, cycle)] for cycle in range(1, 19)}
    assert ill[2]
    assert len(ill[3]) >= 3
    assert all(len(names) <= 6 for names in ill.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[fault]]\ncycles=[1,2]\nplot_type='TOF_bars'\nfault='melted'", "dead_board"),
        ("[[fault]]\ncycles=[3,2]\nplot_type='TOF_bars'\nfault='noise'", "cycles"),
        ("[[fault]]\ncycles=[1,2]\nplot_type='TOF_barz'\nfault='noise'", "TOF_bars"),
        ("[[fault]]\ncycles=[1,2]\nplot_type='TOF_bars'\nfault='noise'\nstrength=2", "strength"),
        ("[[fault]]\nplot_type='TOF_bars'\nfault='noise'", "cycles"),
        ("[[faults]]", "accepted are"),
        ("[[", "not TOML"),
    ],
)
def test_that_a_wrong_script_is_refused_with_the_file_and_what_is_accepted(tmp_path, text, said):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ScriptError, match=said) as caught:
        read_script(path)
    assert "wrong.toml" in str(caught.value)
