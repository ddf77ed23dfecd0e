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


class StorageFullError(StoreUnavailableError):
    """There is no room for images; nothing is lost, they wait until there is."""


class StoreRefusedError(HydraError):
    """The database answers but must not be used: wrong schema revision, no permission."""


class StoreUntrustedError(StoreRefusedError):
    """The server is not who it should be, or the way to it is not encrypted; no password was sent."""


class SecretError(HydraError):
    """The place where passwords and keys are kept cannot be used. Never holds a secret."""


class UnknownNameError(HydraError, KeyError):
    """There is no such plot type, plot or model in the store."""

    __str__ = Exception.__str__


class BlobError(HydraError):
    """The bytes behind a plot or a model are missing or damaged."""


class ImageExpiredError(BlobError):
    """The image of a plot was let go on purpose; all that was decided on it is kept."""


class BackupError(HydraError):
    """A backup cannot be written, is none, or does not hold what it should."""


class BundleError(HydraError):
    """A model bundle is damaged, foreign or does not fit the plot."""


class LabelBundleError(HydraError):
    """A label bundle is damaged, foreign, from another version, or cannot be made; the message says what to do."""


class ClusterUnavailableError(HydraError):
    """The cluster that should do the work does not answer, or has no worker that can."""


class SigningKeyError(HydraError):
    """The key that bundles are signed with cannot be used or made."""


class FeedSetupError(HydraError):
    """A feed cannot be set up as it was asked for: address, keys or spool; the message says what to do."""


class FeedUnavailableError(HydraError):
    """Whoever should take the plots does not answer; they are kept and sent when it does."""


class AlertRefusedError(HydraError):
    """An action does not fit the state an alert is in now; nothing was changed."""


class DeliveryError(HydraError):
    """An alert or an entry did not get to where it was sent; the message says why, in a few words, and no secret."""


class TrainingError(HydraError):
    """Training cannot begin or has failed; the message says what to do."""


class WorkerUnavailableError(HydraError):
    """The worker process of the reference engine cannot work now; what it should look at waits and is not lost."""


class PlotKillsWorkerError(PlotRejectedError):
    """The worker process ends whenever it looks at this plot; it is set aside so that the others are judged."""

    def __init__(self, message: str) -> None:
        super().__init__(QuarantineReason.CRASHED_INFERENCE, message)
