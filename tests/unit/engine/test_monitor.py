"""Whether the application can see, from what its parts say."""

from datetime import UTC, datetime, timedelta

from backend.domain.beam import UNKNOWN_BEAM, Beam, BeamState
from backend.domain.health import Condition, Health, PartHealth
from backend.domain.stations import Presence
from backend.engine.monitor import Monitor, Newest, engines_health, feed_health, inference_health

OK = PartHealth(Condition.OK, "watching")
OFF = Beam(BeamState.OFF, 0.0, "nA")


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def test_that_a_feed_that_has_gone_quiet_makes_the_application_blind():
    health = feed_health(OK, Newest(1, minutes_ago(12)), UNKNOWN_BEAM, 600)
    assert health.condition is Condition.FAILED
    assert health.word == "no plot for 12 min"
    assert Health(feed=health, database=OK, inference=OK).blind == "feed: no plot for 12 min"


def test_that_silence_without_beam_is_expected():
    assert feed_health(OK, Newest(1, minutes_ago(12)), OFF, 600).condition is Condition.DEGRADED


def test_that_a_fresh_feed_is_what_it_says_it_is():
    assert feed_health(OK, Newest(1, minutes_ago(5)), UNKNOWN_BEAM, 600) is OK


def test_that_waiting_for_the_first_plot_is_not_blindness():
    assert feed_health(OK, Newest(), UNKNOWN_BEAM, 600) is OK


def test_that_no_folder_asks_for_one():
    health = feed_health(None, Newest(), UNKNOWN_BEAM, 600)
    assert health.condition is Condition.DEGRADED
    assert "folder" in health.advice


def test_that_inference_without_verdicts_fails_before_anything_else():
    assert inference_health(11.0, {}, loading=False, stuck_s=31).condition is Condition.FAILED
    assert inference_health(11.0, {"d": "model 3: damaged."}, loading=False, stuck_s=0).word == "1 model unusable"
    assert inference_health(None, {}, loading=True, stuck_s=0).condition is Condition.STARTING
    assert inference_health(11.4, {}, loading=False, stuck_s=0).word == "11 ms"


def test_that_the_status_carries_what_was_counted():
    monitor = Monitor("Hall D", 600)
    monitor.counts.judged = 7
    monitor.newest.run = 121_266
    status = monitor.status(OK, OK, OK, 3.5)
    assert (status.experiment, status.run, status.judged, status.inference_ms) == ("Hall D", 121_266, 7, 3.5)
    assert status.health.blind == ""


def test_that_a_station_without_a_folder_sees_what_others_take_in_until_that_stops():
    assert feed_health(None, Newest(1, minutes_ago(5)), UNKNOWN_BEAM, 600, others=True).condition is Condition.OK
    assert feed_health(None, Newest(1, minutes_ago(12)), UNKNOWN_BEAM, 600, others=True).condition is Condition.FAILED


def test_that_a_watching_station_is_blind_only_where_plots_wait_and_nobody_judges():
    assert engines_health(Presence(engines=2, waiting=9)).word == "2 engines"
    assert engines_health(Presence(engines=0, waiting=0)).condition is Condition.DEGRADED
    nobody = engines_health(Presence(engines=0, waiting=1))
    assert (nobody.condition, nobody.word) == (Condition.FAILED, "no engine")
    assert "hydra-gui serve" in nobody.advice
