"""Failures: which errors of a driver pass by themselves, and what the others mean for a person."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, StatementError

from backend.domain.errors import HydraError, StorageFullError, StoreRefusedError, StoreUnavailableError

_DUPLICATE = 1062
_REPEATABLE = frozenset({1020, 1205, 1213, 1927, 2006, 2013, _DUPLICATE})
"""Server errors after which the same transaction succeeds: lost snapshot, lock wait, deadlock, lost connection,
and a row that another station inserted first."""

_NO_ROOM = frozenset({1021, 1114, 3675})
_FORBIDDEN = frozenset({1044, 1045, 1049, 1142, 1143, 1146, 1227, 1290, 1370, 1419, 1644, 1698})
_MISUSE = (IntegrityError, ProgrammingError, DataError)
_SQLITE_FORBIDDEN = ("readonly", "no such table", "no such column", "not a database", "malformed")


def is_repeatable(error: BaseException) -> bool:
    """Whether a whole, idempotent transaction may be tried again after `error`."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or server_code(error) in _REPEATABLE:
        return True
    text = str(error.orig)
    if isinstance(error, IntegrityError):
        return text.startswith("UNIQUE constraint failed")
    return "is locked" in text


def server_code(error: DBAPIError) -> int | None:
    """The server's error number, None for SQLite."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def translated(error: StatementError) -> Exception:
    """The error a person reads in place of the driver's; a ValueError of ours stays what it is."""
    if isinstance(error.orig, ValueError):
        return error.orig
    if isinstance(error, DBAPIError):
        return _refusal(error) or _absence(error)
    return error


def _refusal(error: DBAPIError) -> HydraError | None:
    text = str(error.orig)
    forbidden = server_code(error) in _FORBIDDEN or any(word in text for word in _SQLITE_FORBIDDEN)
    if forbidden or isinstance(error, _MISUSE):
        return StoreRefusedError(
            f"The database refuses this ({_first_line(error)}). Nothing is stored until that is mended: check "
            f"the account's rights and run `hydra-gui db status`."
        )
    return None


def _absence(error: DBAPIError) -> HydraError:
    if server_code(error) in _NO_ROOM or "disk is full" in str(error.orig):
        return StorageFullError(
            f"The database has no room left ({_first_line(error)}). Plots wait where they are and nothing is lost: "
            f"make room on its disk."
        )
    return StoreUnavailableError(
        f"The database does not answer ({_first_line(error)}). Plots wait where they are and nothing is lost: "
        f"check that the server runs and the disk has room."
    )


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
