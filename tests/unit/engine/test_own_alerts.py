"""What a station tells by itself while the database is away, from the first second to the history."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.alert_actions import AlertKey
from backend.domain.alerts import AlertAction, AlertState
from backend.domain.beam import UNKNOWN_BEAM
from backend.domain.errors import UnknownNameError
from backend.domain.health import STARTING, Condition, PartHealth
from backend.engine.own_alerts import OwnAlerts

T0 = datetime(2026, 11, 21, 8, tzinfo=UTC)
AWAY = PartHealth(Condition.FAILED, "away since 08:00", "Check that the server runs.")
WELL = PartHealth(Condition.OK)


def at(seconds):
    return T0 + timedelta(seconds=seconds)


@pytest.fixture
def own():
    return OwnAlerts(lambda: UNKNOWN_BEAM, lambda event: told.extend(event.alerts), 10.0)


@pytest.fixture(autouse=True)
def forget():
    told.clear()


told = []


def lose(own):
    for second in range(12):
        own.look(AWAY, at(second))
    return told[-1]


def test_that_a_short_absence_is_no_alert_and_a_long_one_is_one(own):
    own.look(AWAY, at(0))
    own.look(AWAY, at(9))
    own.look(WELL, at(10))
    own.look(AWAY, at(11))
    own.look(AWAY, at(20))
    assert told == []
    for second in range(21, 60):
        own.look(AWAY, at(second))
    [alert] = told
    assert (alert.state, alert.since, alert.alert_id) == (AlertState.RAISED, at(11), -1)
    assert alert.evidence.words == "away since 08:00: Check that the server runs."


def test_that_a_program_that_starts_is_not_without_a_database(own):
    for second in range(60):
        own.look(STARTING, at(second))
    assert told == []


async def test_that_what_people_did_meanwhile_goes_into_the_history_with_it(own):
    alert = lose(own)
    outcome = await own.acknowledge([AlertKey(alert.alert_id, alert.version)], "ann", "server is being mended")
    assert outcome.changed[0].state is AlertState.ACKNOWLEDGED
    assert outcome.changed[0].change > alert.change
    refused = await own.acknowledge([AlertKey(alert.alert_id, alert.version)], "bob")
    assert "changed meanwhile" in refused.refused[0].why
    detail = await own.detail(alert.alert_id)
    assert [event.who for event in detail.events] == ["hydra", "ann"]
    assert "look at the plots by eye" in detail.info.guidance
    own.look(WELL, at(100))
    assert told[-1].state is AlertState.CLOSED
    [outage] = own.over
    actions = [step.action for step in outage.life]
    assert actions == [AlertAction.RAISED, AlertAction.ACKNOWLEDGED, AlertAction.CLOSED]
    assert outage.life[-1].alert.evidence.at == at(100)
    with pytest.raises(UnknownNameError):
        await own.detail(alert.alert_id)
    assert (await own.unshelve([AlertKey(alert.alert_id, 2)], "ann")).refused


async def test_that_a_shelf_ends_while_the_database_is_away(own):
    alert = lose(own)
    until = datetime.now(UTC) + timedelta(hours=1)
    await own.shelve([AlertKey(alert.alert_id, alert.version)], "ann", "known", until)
    own.look(AWAY, until - timedelta(seconds=1))
    assert told[-1].state is AlertState.SHELVED
    own.look(AWAY, until)
    assert told[-1].state is AlertState.RAISED


def test_that_the_next_outage_is_another_alert(own):
    lose(own)
    own.look(WELL, at(50))
    for second in range(60, 80):
        own.look(AWAY, at(second))
    assert [(alert.alert_id, alert.state) for alert in told] == [
        (-1, AlertState.RAISED), (-1, AlertState.CLOSED), (-2, AlertState.RAISED),
    ]  # fmt: skip
