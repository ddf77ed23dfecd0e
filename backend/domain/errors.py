"""The two families of errors: skip this plot, or stop the engine. Drivers' errors are translated at the edge."""

from __future__ import annotations

from backend.domain.quarantine import QuarantineReason


class HydraError(Exception):
    """An error with a sentence for a person: what happened, what it means for the data, what to do."""


class PlotRejectedError(HydraError):
    """This one file cannot become a plot; everything else goes on."""

    def __init__(self, reason: QuarantineReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class StoreUnavailableError(HydraError):
    """The database does not answer now; nothing is lost, try again."""


class StoreRefusedError(HydraError):
    """The database answers but must not be used: wrong schema revision, no permission."""


class UnknownNameError(HydraError, KeyError):
    """There is no such plot type, plot or model in the store."""

    __str__ = Exception.__str__


class BlobError(HydraError):
    """The bytes behind a plot or a model are missing or damaged."""


class BundleError(HydraError):
    """A model bundle is damaged, foreign or does not fit the plot."""


class ClusterUnavailableError(HydraError):
    """The cluster that should do the work does not answer, or has no worker that can."""


class SigningKeyError(HydraError):
    """The key that bundles are signed with cannot be used or made."""


class AlertRefusedError(HydraError):
    """An action does not fit the state an alert is in now; nothing was changed."""


class TrainingError(HydraError):
    """Training cannot begin or has failed; the message says what to do."""
