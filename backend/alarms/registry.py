"""From the name of a destination to the way there: our own kinds, and those that other packages bring.

A package adds a kind with an entry point of the group `hydra_gui.alarms` named like it, which leads to a callable: it
is given the destination's section of the configuration and a function that looks its secret up, and returns an
`Adapter`. What fails in it fails alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from backend.access.secrets import Secrets
from backend.alarms.elog import Elog
from backend.alarms.files import FileLogbook
from backend.alarms.http import Way
from backend.alarms.mail import Mail
from backend.alarms.message import Adapter
from backend.alarms.webhook import Webhook
from backend.config_alarms import AlarmsSection, DestinationSection
from backend.domain.errors import DeliveryError

GROUP = "hydra_gui.alarms"
STATIONS = "stations"
"""The kind that needs no way out: stations read from the database that they are to be loud."""

Lookup = Callable[[str], str | None]
"""A secret by its name."""
Secret = Callable[[], str | None]
Plugin = Callable[[DestinationSection, Secret], Adapter]


def secret_of(destination: str) -> str:
    """Under which name the secret of a destination is kept; that of the mail server is "mail"."""
    return f"alarms://{destination}"


def from_this_machine(name: str) -> str | None:
    """The secret, wherever this machine keeps it. SecretError."""
    return Secrets.of_this_machine().get(name)


class Destinations:
    """Makes the way to a destination when it is needed; nothing is connected, and no secret kept, in between."""

    def __init__(self, section: AlarmsSection, lookup: Lookup = from_this_machine) -> None:
        self._section, self._lookup = section, lookup

    @property
    def names(self) -> tuple[str, ...]:
        """Destinations that are sent something: all but stations."""
        return tuple(name for name, found in self._section.destinations.items() if found.kind != STATIONS)

    @property
    def station_roles(self) -> dict[str, str]:
        """Destinations that are stations, with the role of these; "" for all."""
        found = self._section.destinations.items()
        return {name: one.role for name, one in found if one.kind == STATIONS}

    def section(self, name: str) -> DestinationSection:
        """How it is configured; DeliveryError where it is not."""
        found = self._section.destinations.get(name)
        if found is None:
            raise DeliveryError(f"{name!r} is no destination in the configuration of this station")
        return found

    def adapter(self, name: str) -> Adapter:
        """The way to a destination. DeliveryError where there is none."""
        found = self.section(name)
        secret = self._secret(name)
        way = Way(found.ca, found.timeout_s)
        match found.kind:
            case "mail":
                return Mail(self._section.mail, found.to, self._secret("mail"))
            case "webhook":
                return Webhook(name, found.form, way, lambda: found.url or secret())
            case "elog":
                return Elog(found.url, found.user, found.fields, way, secret)
            case "files" if found.directory is not None:
                return FileLogbook(found.directory)
            case kind:
                return _plugin(kind)(found, secret)

    def _secret(self, name: str) -> Secret:
        return lambda: self._lookup(secret_of(name))


def _plugin(kind: str) -> Plugin:
    found = entry_points(group=GROUP, name=kind)
    for entry in found:
        try:
            plugin: Plugin = entry.load()
        except Exception as error:  # a package of somebody else's
            raise DeliveryError(f"the plug-in for {kind!r} cannot be loaded: {error}") from error
        return plugin
    known = ", ".join(("mail, webhook, stations, elog, files", *sorted(entry_points(group=GROUP).names)))
    raise DeliveryError(f"nothing here can send to kind {kind!r}; there are {known}")


def as_plan_roles(section: AlarmsSection) -> Mapping[str, str]:
    """The role of every destination."""
    return {name: found.role for name, found in section.destinations.items()}
