"""The engine is killed again and again while problems begin and people act: no alert is lost or acknowledged by it."""

import random

import pytest

from backend.domain.alert_actions import AlertKey, acknowledge
from backend.domain.alert_policy import AlertPolicy
from backend.domain.alerts import SYSTEM, AlertAction
from backend.store import Store
from tests.fakes.activation import activate_bundle
from tests.fakes.plots import write_plot
from tests.integration.test_engine_survives_kills import live_and_die, start_engine, wait_for, wait_until_it_serves

DARK, BRIGHT = 1, 0
PLOT_TYPES = tuple(f"plot_{number:02d}" for number in range(12))
GOOD = 4
"""The last few of the plot types have no problem."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kills", [4, pytest.param(25, marks=pytest.mark.soak)])
def test_that_kills_neither_lose_nor_acknowledge_an_alert(tmp_path, kills):
    data, inbox, rng = tmp_path / "data", tmp_path / "inbox", random.Random(20261127)
    with Store.open(f"sqlite:///{data / 'hydra.db'}", data) as store:
        model = activate_bundle(store, tmp_path / "bundles", PLOT_TYPES[0])
        for plot_type in PLOT_TYPES:
            store.plot_types.ensure(plot_type)
            store.models.activate(model, "tests", plot_type)
            store.alerts.set_policy(plot_type, AlertPolicy(needed=2, out_of=3), "tests")
        acknowledged = set()
        for life in range(kills):
            write_cycle(inbox, life)
            live_and_die(store, data, inbox, rng)
            for alert in store.alerts.open()[:1]:
                outcome = store.alerts.act([AlertKey(alert.alert_id, alert.version)], acknowledge("ann"))
                acknowledged |= {changed.alert_id for changed in outcome.changed}
        judge_the_rest(store, data, inbox, len(PLOT_TYPES) * kills)
        check(store, acknowledged)


def write_cycle(inbox, life):
    """One plot of each type: dark ones are problems."""
    for number, plot_type in enumerate(PLOT_TYPES):
        shade = BRIGHT if number >= len(PLOT_TYPES) - GOOD else DARK
        write_plot(inbox, plot_type, 42, life, number=1000 * life + 2 * number + shade)


def judge_the_rest(store, data, inbox, plots):
    process = start_engine(data, inbox)
    try:
        wait_until_it_serves(process)
        wait_for(lambda: store.counts().judged >= plots, 120, "every plot judged")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def check(store, acknowledged):
    alerts = {alert.plot_type: alert for alert in store.alerts.open()}
    assert sorted(alerts) == sorted(PLOT_TYPES[:-GOOD]), "each problem has one alert, and nothing else has"
    for alert in alerts.values():
        events = store.alerts.events(alert.alert_id)
        assert events[0].action is AlertAction.RAISED
        assert [event.action for event in events].count(AlertAction.RAISED) == 1
        people = [event.who for event in events if event.who != SYSTEM]
        assert bool(people) is (alert.alert_id in acknowledged)
        assert alert.waits is (alert.alert_id not in acknowledged)
