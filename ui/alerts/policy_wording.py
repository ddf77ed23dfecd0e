"""The sentences of policies: what holds, what was changed, what a trial came to. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from backend.domain.alert_policy import AlertPolicy, PolicyChange
from backend.domain.alert_trial import PolicyView, Trial, Trials, WouldAlert
from backend.domain.alerts import AlertKind
from ui.alerts.wording import short_clock
from ui.wording import class_title, number

_SHOWN = 40


def scope_words(view: PolicyView) -> str:
    """For which plots this policy holds."""
    if not view.plot_type:
        return "Holds for every plot type that has no policy of its own."
    if view.own:
        return "A policy of its own."
    return "The usual policy holds. What you put in force here becomes a policy of its own."


def change_lines(history: Sequence[PolicyChange], now: datetime) -> list[str]:
    """``21 Nov 13:42 expert: needed 2 → 3. Flickers at the start of runs``, newest first."""
    if not history:
        return ["Nobody has changed it yet."]
    return [_change_line(change, now) for change in reversed(history)]


def _change_line(change: PolicyChange, now: datetime) -> str:
    before = change.before or AlertPolicy()
    steps = [
        f"{_name(field.name)} {_value(getattr(before, field.name))} → {_value(getattr(change.after, field.name))}"
        for field in fields(AlertPolicy)
        if getattr(before, field.name) != getattr(change.after, field.name)
    ]
    what = ", ".join(steps) or "as it was"
    reason = f"\n{change.reason}" if change.reason else ""
    return f"{short_clock(change.at, now)} {change.who}: {what}{reason}"


def _name(field: str) -> str:
    return field.removesuffix("_s").replace("_", " ")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if hasattr(value, "items"):
        return ", ".join(f"{name} {level.word}" for name, level in value.items()) or "as usual"
    return "–" if value is None else str(getattr(value, "word", value))


def trial_words(trials: Trials) -> str:
    """``4 alerts in 7 days; the policy in force 17. 2,016 plots.``"""
    new, old = len(trials.proposed.raised), len(trials.now.raised)
    plural = "s" * (new != 1)
    if not trials.proposed.plots:
        return f"No plot of this type was judged in the last {trials.days:g} days."
    return (
        f"{number(new)} alert{plural} in {trials.days:g} days, with the policy in force {number(old)}. "
        f"{number(trials.proposed.plots)} plots, {number(trials.proposed.held_back)} alarming verdicts held back."
    )


def trial_lines(trials: Trials, now: datetime) -> list[str]:
    """The alerts it would have raised, newest first, and how many of each kind of those that are gone."""
    shown = [would_line(one, now) for one in reversed(trials.proposed.raised[-_SHOWN:])]
    more = len(trials.proposed.raised) - len(shown)
    if more:
        shown.append(f"and {number(more)} before")
    gone = _gone(trials.now, trials.proposed)
    if gone:
        shown.append(f"Not any more: {gone}")
    return shown


def _gone(now: Trial, proposed: Trial) -> str:
    left = Counter(map(_what, now.raised)) - Counter(map(_what, proposed.raised))
    return ", ".join(f"{count} × {what}" for what, count in left.most_common())


def _what(one: WouldAlert) -> str:
    return "never changes" if one.kind is AlertKind.FROZEN else f"is {class_title(one.classification)}"


def would_line(one: WouldAlert, now: datetime) -> str:
    """``13:42 · is Bad, alarm · run 121 266``."""
    run = f" · run {number(one.run)}" if one.run else ""
    return f"{short_clock(one.at, now)} · {_what(one)}, {one.severity.word}{run}"
