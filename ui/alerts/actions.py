"""What can be done to the chosen alerts: buttons with their keys, enabled where they fit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from backend.domain.alerts import Alert, AlertKind, AlertState
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import row
from ui.widgets.tone import Tone
from ui.widgets.words import Words

_SHELVABLE = (AlertState.RAISED, AlertState.ACKNOWLEDGED, AlertState.CLEARED)


class AlertActions(QWidget):
    """A bar of buttons; who owns it binds keys and clicks."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledge = Button("Acknowledge", kind="primary", tip="I see to it: no more sound, no pop-up", key="A")
        self.shelve = Button("Shelve…", tip="Put aside for a known reason, for a time", key="S")
        self.unshelve = Button("Take off the shelf", tip="It waits for a person again, now", key="S")
        self.false_alarm = Button("False alarm", tip="Nothing is wrong: acknowledge, and label the plot so", key="F")
        self.undo = Button("Take back", tip="Take the acknowledgement back: it waits for a person again", key="U")
        self.open = Button("Show plot", tip="Show this plot on the Live screen", key="O")
        self.policy = Button("Policy…", tip="When plots of this type alarm, tried on the past", key="P")
        self.count = Words("", tone=Tone.MUTED)
        self.setLayout(
            row(
                self.acknowledge, self.shelve, self.unshelve, self.false_alarm, self.undo, self.open, self.policy,
                1, self.count,
                margins=(2 * GRID, GRID, 2 * GRID, GRID),
            )
        )  # fmt: skip
        self.fit(())

    def fit(self, chosen: Sequence[Alert]) -> None:
        """Enable what fits the chosen alerts."""
        states = {alert.state for alert in chosen}
        shelved = states == {AlertState.SHELVED}
        self.acknowledge.setEnabled(any(alert.waits for alert in chosen))
        self.shelve.setEnabled(bool(states & set(_SHELVABLE)))
        self.shelve.setVisible(not shelved)
        self.unshelve.setVisible(shelved)
        self.undo.setEnabled(any(can_be_taken_back(alert) for alert in chosen))
        self.false_alarm.setEnabled(len(chosen) == 1 and chosen[0].waits and is_judged(chosen[0]))
        self.open.setEnabled(len(chosen) == 1 and bool(chosen[0].plot_type))
        self.policy.setEnabled(len(chosen) <= 1)
        self.count.say(f"{len(chosen)} chosen" if len(chosen) > 1 else "")


def can_be_taken_back(alert: Alert) -> bool:
    """Whether somebody has acknowledged it, as far as can be seen here."""
    return bool(alert.who) and alert.state in (AlertState.ACKNOWLEDGED, AlertState.CLOSED)


def is_judged(alert: Alert) -> bool:
    """Whether a model's verdict is behind it, which can be false."""
    return alert.evidence.kind is AlertKind.PROBLEM and alert.evidence.plot_id is not None
