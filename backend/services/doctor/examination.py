"""The examination: every check in turn. A check that breaks is itself a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backend.config import Settings
from backend.domain.errors import HydraError
from backend.services.doctor.access import check_access
from backend.services.doctor.feed import check_beam, check_input, check_network
from backend.services.doctor.findings import Finding, failed
from backend.services.doctor.installation import check_disk, check_packages, check_training, check_window
from backend.services.doctor.joining import check_duties, check_stations
from backend.services.doctor.reachable import check_failover, check_hydra
from backend.services.doctor.store import check_database_and_models

Check = Callable[[Settings], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    check_packages,
    check_window,
    check_training,
    check_disk,
    check_access,
    check_duties,
    check_database_and_models,
    check_stations,
    check_failover,
    check_input,
    check_network,
    check_hydra,
    check_beam,
)


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, each as soon as it is known."""
    for check in CHECKS:
        try:
            yield from check(settings)
        except HydraError as error:
            yield failed(_subject(check), str(error), "Do what the message says and run the doctor again.")
        except Exception as error:
            detail = f"the check itself broke: {type(error).__name__}: {error}"
            yield failed(_subject(check), detail, "Send this line to the authors; the other checks are not affected.")


def _subject(check: Check) -> str:
    return check.__name__.removeprefix("check_").replace("_", " ")
