"""Sound: once when something begins to wait, again and again until somebody has acknowledged it."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from backend.domain.classifications import Severity
from hydra_gui.alerts.players import ADVICE, Player, sound_of

REPEAT_MS = {Severity.ALARM: 15_000, Severity.WARNING: 60_000, Severity.INFORMATION: 0, Severity.NORMAL: 0}
"""Time from one sound to the next; 0 sounds once."""

TOGETHER_S = 10.0
"""What begins so soon after a sound belongs to it: a crate that trips sounds once, and again when its time comes."""

_END_MS = 2000


class Sounder(QObject):
    """Plays at most one sound at a time, with the system's player. `close` ends it."""

    state_changed = Signal(bool, str, str)
    """Whether sound can be made, in words, and what to do where it cannot."""

    def __init__(self, player: Player | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._severity: Severity | None = None
        self._trouble = ""
        self.played = 0
        self._sounded_at = -TOGETHER_S
        self._process = QProcess(self)
        self._process.setStandardOutputFile(QProcess.nullDevice())
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        self._again = QTimer(self)
        self._again.timeout.connect(self._play)

    def close(self) -> None:
        """Be silent from now on."""
        self._again.stop()
        self._process.blockSignals(True)
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(_END_MS)

    def tell_state(self) -> None:
        """Say whether sound can be made."""
        if self._player is None:
            self.state_changed.emit(False, "No sound can be made here", ADVICE)
        elif self._trouble:
            self.state_changed.emit(False, "Sound does not work", self._trouble)
        else:
            self.state_changed.emit(True, f"Sound by {self._player.name}", "")

    def sound(self, severity: Severity | None, *, news: bool) -> None:
        """What waits now, at its worst; None: nothing. With `news` it sounds at once, else when its time comes."""
        worse = severity is not None and (self._severity is None or severity > self._severity)
        self._severity = severity
        interval = REPEAT_MS[severity] if severity is not None else 0
        if not interval:
            self._again.stop()
        elif not self._again.isActive() or self._again.interval() != interval:
            self._again.start(interval)
        if severity is None:
            self._sounded_at = -TOGETHER_S
        elif worse or (news and not self._belongs(interval)):
            self._sounded_at = time.monotonic()
            self._play()
            if interval:
                self._again.start(interval)

    def _belongs(self, interval: int) -> bool:
        """Whether the last sound still stands for what is new; where none is repeated each is heard."""
        return bool(interval) and time.monotonic() - self._sounded_at < TOGETHER_S

    @Slot()
    def test(self) -> None:
        """Play the sound of an alarm once, and say whether that worked."""
        self._trouble = ""
        self._start(Severity.ALARM)
        self.tell_state()

    @Slot()
    def _play(self) -> None:
        if self._severity is not None:
            self._start(self._severity)

    def _start(self, severity: Severity) -> None:
        if self._player is None or self._process.state() is not QProcess.ProcessState.NotRunning:
            return
        self.played += 1
        self._process.start(self._player.program, [*self._player.arguments, str(sound_of(severity))])

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, _status: QProcess.ExitStatus) -> None:
        self._note("" if code == 0 else self._said() or f"it ended with {code}")

    @Slot(QProcess.ProcessError)
    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._note(self._process.errorString())

    def _said(self) -> str:
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        return text.splitlines()[-1] if text else ""

    def _note(self, trouble: str) -> None:
        name = self._player.name if self._player else ""
        words = f"{name} cannot play: {trouble}. Check the sound of this machine, then test again." if trouble else ""
        if words != self._trouble:
            self._trouble = words
            self.tell_state()
