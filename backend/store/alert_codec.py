"""Policies and memories as text: written whole, read whole. What a newer program adds is passed over when read."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from backend.domain.alert_policy import AlertPolicy
from backend.domain.alert_watch import Mark, Watch
from backend.domain.classifications import Severity
from backend.domain.hall_policy import HallPolicy


def policy_text(policy: AlertPolicy) -> str:
    """Inverse of `as_policy`."""
    plain = {name: getattr(policy, name) for name in _names(AlertPolicy)}
    plain["severities"] = {name: int(value) for name, value in sorted(policy.severities.items())}
    return json.dumps(plain, separators=(",", ":"))


def as_policy(text: str) -> AlertPolicy:
    """Inverse of `policy_text`."""
    plain = _known(AlertPolicy, json.loads(text))
    plain["least_severity"] = Severity(plain["least_severity"])
    own = {name: Severity(value) for name, value in plain["severities"].items()}
    return AlertPolicy(**plain | {"severities": MappingProxyType(own)})


def as_hall_policy(text: str) -> HallPolicy:
    """A `HallPolicy` from JSON."""
    return HallPolicy(**_known(HallPolicy, json.loads(text)))


def watch_text(watch: Watch) -> str:
    """Inverse of `as_watch`."""
    plain = {name: getattr(watch, name) for name in _names(Watch)}
    plain["marks"] = [asdict(mark) for mark in watch.marks]
    return json.dumps(plain, separators=(",", ":"), default=datetime.isoformat)


def as_watch(text: str) -> Watch:
    """Inverse of `watch_text`."""
    plain = _known(Watch, json.loads(text))
    for name in ("first_repeat", "last_at"):
        plain[name] = None if plain[name] is None else datetime.fromisoformat(plain[name])
    return Watch(**plain | {"marks": tuple(_mark(found) for found in plain["marks"])})


def _mark(found: dict[str, Any]) -> Mark:
    plain = _known(Mark, found)
    plain["at"], plain["severity"] = datetime.fromisoformat(plain["at"]), Severity(plain["severity"])
    return Mark(**plain)


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def _known(kind: type, found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in _names(kind) if name in found}
