"""Which samples validate."""

import numpy as np
import pytest

from backend.training.samples import Part, Sample
from backend.training.splitting import split

PIXEL = np.zeros((1, 1, 3), np.uint8)


def make(label, run, **more):
    return Sample(PIXEL, label, run, **more)


def sides(samples, drawn):
    train = [s for s, validates in zip(samples, drawn.validates, strict=True) if not validates]
    return train, [s for s, validates in zip(samples, drawn.validates, strict=True) if validates]


@pytest.mark.parametrize("seed", range(20))
def test_that_no_run_is_on_both_sides(seed):
    rng = np.random.default_rng(seed)
    samples = [make(str(rng.choice(["Good", "Bad", "LED"])), int(rng.integers(1, 25))) for _ in range(200)]
    train, validate = sides(samples, split(samples, 0.2, seed))
    assert train
    assert validate
    assert not {s.run for s in train} & {s.run for s in validate}


@pytest.mark.parametrize("seed", range(20))
def test_that_a_label_in_two_runs_is_on_both_sides(seed):
    samples = [make("Good", run) for run in range(1, 60)] + [make("Bad", 70), make("Bad", 71), make("LED", 72)] * 3
    train, validate = sides(samples, split(samples, 0.1, seed))
    assert {"Good", "Bad"} <= {s.label for s in validate}
    assert {s.label for s in train} == {"Good", "Bad", "LED"}


def test_that_a_label_of_one_run_stays_in_training_and_is_reported():
    samples = [make("Good", run) for run in range(1, 30)] + [make("LED", 72)] * 5
    drawn = split(samples, 0.2, 0)
    assert all(not validates for s, validates in zip(samples, drawn.validates, strict=True) if s.label == "LED")
    assert any("LED" in note for note in drawn.notes)


def test_that_every_label_gets_about_the_fraction_asked_for():
    samples = [make("Good", run) for run in range(1, 301)] + [make("Bad", run) for run in range(301, 341)]
    drawn = split(samples, 0.15, 1)
    labels = np.array([s.label for s in samples])
    assert drawn.validates[labels == "Good"].sum() == pytest.approx(45, abs=1)
    assert drawn.validates[labels == "Bad"].sum() == pytest.approx(6, abs=1)


def test_that_plots_of_a_single_run_are_split_one_by_one_and_said_to_be():
    samples = [make("Good", 5)] * 20 + [make("Bad", 5)] * 20
    drawn = split(samples, 0.25, 3)
    assert 0 < drawn.validates.sum() < len(samples)
    assert any("one run" in note for note in drawn.notes)


def test_that_run_zero_groups_nothing():
    samples = [make("Good", 0) for _ in range(20)] + [make("Bad", 0) for _ in range(20)]
    drawn = split(samples, 0.25, 3)
    assert drawn.validates.sum() == 10
    assert not drawn.notes


def test_that_synthetic_plots_never_validate():
    samples = [make("Good", run, synthetic=run % 2 == 0) for run in range(1, 41)]
    samples += [make("Bad", 0, synthetic=True) for _ in range(10)] + [make("Bad", run) for run in range(50, 55)]
    drawn = split(samples, 0.5, 2)
    assert drawn.validates.any()
    assert not any(s.synthetic for s in sides(samples, drawn)[1])


def test_that_force_decides_and_takes_the_rest_of_the_run_along():
    samples = [make("Good", run) for run in range(1, 11)] + [make("Bad", run) for run in range(11, 21)]
    samples += [make("Good", 30, forced=Part.VALIDATE), make("Bad", 30), make("Good", 31, forced="train")]
    drawn = split(samples, 0.2, 0)
    assert list(drawn.validates[-3:]) == [True, True, False]


def test_that_a_run_forced_both_ways_is_reported():
    samples = [make("Good", run) for run in range(1, 11)] + [make("Bad", run) for run in range(11, 21)]
    samples += [make("Good", 30, forced="train"), make("Good", 30, forced="validate")]
    drawn = split(samples, 0.2, 0)
    assert list(drawn.validates[-2:]) == [False, True]
    assert any("30" in note for note in drawn.notes)


def test_that_the_same_seed_draws_the_same_and_another_seed_differs():
    samples = [make("Good", run) for run in range(1, 101)] + [make("Bad", run) for run in range(101, 141)]
    one, again, other = (split(samples, 0.2, seed).validates for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
