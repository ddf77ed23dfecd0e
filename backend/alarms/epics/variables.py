"""The variables of one hall: made when a plot type is first seen, written when something changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from caproto import (
    AccessRights,
    AlarmSeverity,
    AlarmStatus,
    ChannelData,
    ChannelDouble,
    ChannelEnum,
    ChannelInteger,
    ChannelType,
    SubscriptionType,
)

from backend.alarms.epics.snapshot import PlotValue, Snapshot, pv_name
from backend.domain.classifications import Severity

Acknowledge = Callable[[str, str], None]
"""Called with a plot type and who acknowledged, on the thread of the server."""

_SEVERITIES = {
    Severity.NORMAL: AlarmSeverity.NO_ALARM,
    Severity.INFORMATION: AlarmSeverity.NO_ALARM,
    Severity.WARNING: AlarmSeverity.MINOR_ALARM,
    Severity.ALARM: AlarmSeverity.MAJOR_ALARM,
}
_ALL = SubscriptionType.DBE_VALUE | SubscriptionType.DBE_LOG | SubscriptionType.DBE_ALARM
_WORDS = ("normal", "information", "warning", "alarm", "unknown")
_UNKNOWN = len(_WORDS) - 1
_ACKNOWLEDGED = ("waits", "acknowledged")


class _ReadOnly:
    """Nobody writes it but this program."""

    def check_access(self, hostname: str, username: str) -> AccessRights:
        """What a client may do."""
        del hostname, username
        return AccessRights.READ


class Level(_ReadOnly, ChannelDouble):  # type: ignore[misc]
    """A number to read."""


class Count(_ReadOnly, ChannelInteger):  # type: ignore[misc]
    """A whole number to read."""


class Word(_ReadOnly, ChannelEnum):  # type: ignore[misc]
    """One of several words to read."""


class Acknowledgeable(ChannelDouble):  # type: ignore[misc]
    """The goodness of a plot type. What clients write is refused, but for the acknowledgement of an alarm handler."""

    def __init__(self, acknowledged: Callable[[str], None] | None) -> None:
        super().__init__(value=0.0, precision=3, lower_disp_limit=-1.0, upper_disp_limit=1.0)
        self._acknowledged = acknowledged

    async def auth_write(
        self,
        hostname: str,
        username: str,
        data: Sequence[object],
        data_type: ChannelType,
        metadata: Sequence[object],
        **given: object,
    ) -> None:
        """See the base: a write by a client, who says to be `username` on `hostname`."""
        del data, metadata, given
        if data_type is not ChannelType.PUT_ACKS or self._acknowledged is None:
            raise PermissionError("this variable is written by hydra-gui alone")
        self._acknowledged(f"{username}@{hostname}")


class AcknowledgeWord(ChannelEnum):  # type: ignore[misc]
    """Whether an alert waits. Writing "acknowledged" (1) acknowledges it."""

    def __init__(self, acknowledged: Callable[[str], None] | None) -> None:
        super().__init__(value=1, enum_strings=list(_ACKNOWLEDGED))
        self._acknowledged = acknowledged

    async def auth_write(
        self,
        hostname: str,
        username: str,
        data: Sequence[object],
        data_type: ChannelType,
        metadata: Sequence[object],
        **given: object,
    ) -> None:
        """See the base."""
        del data_type, metadata, given
        written = data[0] if len(data) else ""
        text = written.decode("latin-1") if isinstance(written, bytes) else str(written)
        if self._acknowledged is None or text not in ("1", "1.0", _ACKNOWLEDGED[1]):
            raise PermissionError("only 1, acknowledged, can be written here, where the configuration allows it")
        self._acknowledged(f"{username}@{hostname}")


class Variables:
    """`pvdb` is what the server serves; it grows while it is served."""

    def __init__(self, prefix: str, acknowledge: Acknowledge | None) -> None:
        self._prefix, self._acknowledge = prefix, acknowledge
        self._heartbeat, self._waiting = Count(value=0), Count(value=0)
        self._blind = Word(value=1, enum_strings=["sees", "BLIND"])
        self.pvdb: dict[str, ChannelData] = {
            f"{prefix}HEARTBEAT": self._heartbeat,
            f"{prefix}WAITING": self._waiting,
            f"{prefix}BLIND": self._blind,
        }
        self._plots: dict[str, tuple[Acknowledgeable, Word, AcknowledgeWord]] = {}
        self._shown: dict[str, tuple[object, ...]] = {}
        self._beats = 0

    async def beat(self, alive: bool) -> None:
        """Count on while the engine lives; else it stands still and is INVALID."""
        self._beats += alive
        severity = AlarmSeverity.NO_ALARM if alive else AlarmSeverity.INVALID_ALARM
        await _write(self._heartbeat, self._beats % 2**31, severity)

    async def show(self, snapshot: Snapshot) -> None:
        """Write what is other than before."""
        blind = bool(snapshot.blind)
        invalid = AlarmSeverity.INVALID_ALARM if blind else AlarmSeverity.NO_ALARM
        await self._changed("blind", self._blind, int(blind), invalid)
        await self._changed("waiting", self._waiting, snapshot.waiting, invalid)
        for plot in snapshot.plots:
            await self._show_plot(plot, blind)

    async def _show_plot(self, plot: PlotValue, blind: bool) -> None:
        name = plot.plot_type
        level, word, acknowledged = self._plots.get(name) or self._made(name)
        known = plot.fresh and plot.value is not None and not blind
        severity = _SEVERITIES[plot.severity] if known else AlarmSeverity.INVALID_ALARM
        await self._changed(f"{name}/value", level, 0.0 if plot.value is None else plot.value, severity)
        await self._changed(f"{name}/word", word, int(plot.severity) if known else _UNKNOWN, severity)
        await self._changed(f"{name}/ack", acknowledged, int(not plot.waits), severity)

    def _made(self, plot_type: str) -> tuple[Acknowledgeable, Word, AcknowledgeWord]:
        tell = None if self._acknowledge is None else _teller(self._acknowledge, plot_type)
        name = pv_name(self._prefix, plot_type)
        made = Acknowledgeable(tell), Word(value=_UNKNOWN, enum_strings=list(_WORDS)), AcknowledgeWord(tell)
        self._plots[plot_type] = made
        self.pvdb.update(zip((name, f"{name}:SEVERITY", f"{name}:ACK"), made, strict=True))
        return made

    async def _changed(self, key: str, variable: ChannelData, value: float, severity: AlarmSeverity) -> None:
        if self._shown.get(key) != (value, severity):
            self._shown[key] = (value, severity)
            await _write(variable, value, severity)


def _teller(acknowledge: Acknowledge, plot_type: str) -> Callable[[str], None]:
    return lambda who: acknowledge(plot_type, who)


async def _write(variable: ChannelData, value: float, severity: AlarmSeverity) -> None:
    status = AlarmStatus.NO_ALARM if severity is AlarmSeverity.NO_ALARM else AlarmStatus.STATE
    if severity is AlarmSeverity.INVALID_ALARM:
        status = AlarmStatus.UDF
    # The alarm goes first and by itself: given with a number, the library replaces it by its own check of limits.
    await variable.alarm.write(severity=severity, status=status, publish=False)
    await variable.write(value, verify_value=isinstance(variable, ChannelEnum), flags=_ALL)
