"""Reports of Hydra: what they say is understood, and whatever else comes is refused with a reason."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.feed.hydra.reports import MAX_BYTES, ReportError, parse_report

NOW = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)
REPORT: dict[str, Any] = {
    "MetaData": {
        "plotType_ID": 7,
        "modelID": "206",
        "inDATA": "/gluonraid/monitoring/RunPeriod-2026-11/Run121266/CDC_occupancy_0004.png",
        "runNumber": 121266,
        "runPeriod": "RunPeriod-2026-11",
        "outDir": "/somewhere",
        "datetime": "2026-11-21 14:02:11.250000",
        "heatmap": "AAAA",
    },
    "Analysis": {"Labels": {"0": "Bad", "1": "Good", "2": "NoData"}, "Confidences": [0.93, 0.05, 0.02]},
}


def message(report: Any = REPORT) -> bytes:
    return b"HydraReport " + json.dumps(report).encode()


def changed(**meta: Any) -> bytes:
    report = deepcopy(REPORT)
    report["MetaData"] |= meta
    return message(report)


def test_that_a_report_is_understood() -> None:
    verdict = parse_report(message(), {}, now=NOW)
    assert (verdict.plot_type, verdict.run, verdict.chunk, verdict.model) == ("CDC_occupancy", 121266, 4, 206)
    assert (verdict.classification, verdict.confidence) == ("Bad", 0.93)
    assert verdict.decided_at == datetime(2026, 11, 21, 14, 2, 11, 250_000, UTC)
    assert json.loads(verdict.output) == {"Bad": 0.93, "Good": 0.05, "NoData": 0.02}


def test_that_it_is_heard_once_however_often_it_comes() -> None:
    first = parse_report(message(), {}, now=NOW)
    again = parse_report(message(), {}, now=NOW + timedelta(seconds=5))
    assert first == again
    assert 0 <= first.foreign_id < 2**63
    assert parse_report(changed(datetime="2026-11-21 14:02:12"), {}, now=NOW).foreign_id != first.foreign_id


def test_that_its_times_are_in_the_zone_that_is_configured() -> None:
    verdict = parse_report(changed(datetime="2026-11-21T09:02:11"), {}, ZoneInfo("America/New_York"), NOW)
    assert verdict.decided_at == datetime(2026, 11, 21, 14, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [None, "", "yesterday", 12, "1970-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_that_a_time_that_cannot_be_is_replaced_by_that_of_hearing_it(wrong: object) -> None:
    assert parse_report(changed(datetime=wrong), {}, now=NOW).decided_at == NOW


def test_that_a_report_without_image_is_known_by_the_number_of_its_plot_type() -> None:
    verdict = parse_report(changed(inDATA=None), {7: "FDC_hits"}, now=NOW)
    assert (verdict.plot_type, verdict.run, verdict.chunk) == ("FDC_hits", 121266, None)
    with pytest.raises(ReportError, match="plotType_ID that is not configured"):
        parse_report(changed(inDATA=None), {8: "FDC_hits"}, now=NOW)


def test_that_confidences_of_a_batch_of_one_are_understood() -> None:
    report = deepcopy(REPORT)
    report["Analysis"]["Confidences"] = [[0.1, 0.8, 0.1]]
    assert parse_report(message(report), {}, now=NOW).classification == "Good"


@pytest.mark.parametrize(
    ("analysis", "why"),
    [
        (None, "no Analysis"),
        ({}, "no labels"),
        ({"Labels": {}, "Confidences": [0.1]}, "no labels"),
        ({"Labels": {"0": "Bad"}, "Confidences": []}, "no labels"),
        ({"Labels": {"1": "Bad"}, "Confidences": [0.5]}, "do not fit"),
        ({"Labels": {"-1": "Bad"}, "Confidences": [0.5]}, "do not fit"),
        ({"Labels": {"0": 3}, "Confidences": [0.5]}, "do not fit"),
        ({"Labels": {"0": " "}, "Confidences": [0.5]}, "usable name"),
        ({"Labels": {"0": "B" * 500}, "Confidences": [0.5]}, "usable name"),
        ({"Labels": {"0": "Bad"}, "Confidences": [1.5]}, "between 0 and 1"),
        ({"Labels": {"0": "Bad"}, "Confidences": [float("nan")]}, "between 0 and 1"),
        ({"Labels": {"0": "Bad"}, "Confidences": [True]}, "between 0 and 1"),
        ({"Labels": {"0": "Bad"}, "Confidences": ["0.5"]}, "between 0 and 1"),
    ],
)
def test_that_an_analysis_that_cannot_be_is_refused(analysis: object, why: str) -> None:
    with pytest.raises(ReportError, match=why):
        parse_report(message({**REPORT, "Analysis": analysis}), {}, now=NOW)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "HydraReport"),
        (b"Hello Hydra", "HydraReport"),
        (b"HydraReport", "HydraReport"),
        (b"HydraReport ", "HydraReport"),
        (b"HydraReport {", "no JSON"),
        (b"HydraReport \xff\xfe", "no JSON"),
        (b"HydraReport " + b"[" * 100_000, "no JSON"),
        (b"HydraReport 12", "no JSON object"),
        (b"HydraReport {}", "no MetaData"),
        (b"HydraReport " + b" " * MAX_BYTES, "too large"),
        (changed(inDATA="/plots/0001.png"), "names no plot"),
        (changed(inDATA="/plots/\u202e.png"), "names no plot"),
        (changed(inDATA=None, runNumber=-1), "plotType_ID"),
    ],
)
def test_that_what_is_no_report_is_refused(sent: bytes, why: str) -> None:
    with pytest.raises(ReportError, match=why):
        parse_report(sent, {}, now=NOW)
