"""What this station does among the others, in the status strip: it judges, or it only watches."""

from __future__ import annotations

from backend.domain.classifications import Symbol
from backend.domain.stations import Presence
from ui.theme.tokens import BODY
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.wording import number


class StationMark(SymbolWords):
    """Hidden where nobody else can be there. Plots that were skipped are said here, in words."""

    def __init__(self) -> None:
        super().__init__(BODY)
        self.hide()

    def show_presence(self, presence: Presence) -> None:
        """Show the role; who else is there is in the tooltip."""
        self.setVisible(presence.shared)
        word = "judging" if presence.role.judges else "watching"
        tone = Tone.WARNING if presence.skipped else Tone.MUTED
        detail = f"{number(presence.skipped)} skipped" if presence.skipped else ""
        self.say(Symbol.DIAMOND if presence.skipped else Symbol.RING, word, tone, detail)
        text = _sentences(presence)
        self.setAccessibleName(f"station: {word} {detail}".strip())
        self.setAccessibleDescription(text)
        self.setToolTip(text)


def _sentences(presence: Presence) -> str:
    role = "takes part in judging" if presence.role.judges else "shows what other stations judge"
    engines, stations = presence.engines, presence.stations
    lines = [
        f"Station {presence.name} {role}.",
        f"Running stations: {stations}, of which {engines} judge{'s' * (engines == 1)}.",
        f"Plots that wait for a verdict: {number(presence.waiting)}.",
    ]
    if presence.skipped:
        lines.append(f"{number(presence.skipped)} were too old when their turn came and were never judged.")
    return "\n".join(lines)
