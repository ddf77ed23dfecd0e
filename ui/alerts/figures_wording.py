"""The sentences of figures. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.alert_figures import AlertFigures, Offender
from ui.wording import age, number, percent

_SOON_S = 120.0
_MANY_A_SHIFT = 10.0
_FALSE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Headline:
    """One number; `bad` where somebody should do something about it."""

    title: str
    value: str
    detail: str
    bad: bool = False


def headlines(found: AlertFigures) -> list[Headline]:
    """What a run coordinator looks at first."""
    share = found.false_alarms / found.alerts if found.alerts else 0.0
    most = max(found.shifts, default=0)
    return [
        Headline("Time to acknowledge, median", _time(found.median_s), "two minutes are good",
                 (found.median_s or 0.0) > _SOON_S),
        Headline("Nine of ten within", _time(found.ninety_s), _unanswered(found.unanswered), found.unanswered > 0),
        Headline("Alerts in a shift", f"{found.per_shift:.1f}", f"{number(most)} in the worst, {number(found.alerts)} "
                 "in all", found.per_shift > _MANY_A_SHIFT),
        Headline("Time in flood", percent(found.flood_share), "more than 10 alerts in 10 minutes",
                 found.flood_share > 0),
        Headline("Chattering", number(found.chattering), "three beginnings of one alert in a minute",
                 found.chattering > 0),
        Headline("For nothing", percent(share), f"{number(found.false_alarms)} false alarms", share > _FALSE_SHARE),
    ]  # fmt: skip


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else age(seconds)


def _unanswered(count: int) -> str:
    return f"{number(count)} not answered yet" if count else "all were answered"


def share_words(one: Offender) -> str:
    """``3 (25 %)``."""
    return f"{number(one.false_alarms)} ({percent(one.false_share)})" if one.false_alarms else "–"


def model_words(one: Offender) -> str:
    """``model 7: 2 of 9 for nothing``."""
    return ", ".join(
        f"model {model}: {number(false)} of {number(alerts)} for nothing" for model, alerts, false in one.models[:2]
    )


def operator_words(found: AlertFigures) -> str:
    """``Answered by: mvaldez 12, jkim 3``."""
    if not found.operators:
        return ""
    return "Answered by: " + ", ".join(f"{who} {number(count)}" for who, count in found.operators[:12])
