"""Failures: which errors of a driver pass by themselves, and what the others mean for a person."""

from __future__ import annotations

import ssl

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, StatementError

from backend.domain.errors import (
    HydraError,
    StorageFullError,
    StoreRefusedError,
    StoreUnavailableError,
    StoreUntrustedError,
)

DUPLICATE = 1062
_REPEATABLE = frozenset({1020, 1205, 1213, 1927, 2006, 2013, DUPLICATE})
"""Server errors after which the same transaction succeeds: lost snapshot, lock wait, deadlock, lost connection,
and a row that another station inserted first."""

_NO_ROOM = frozenset({1021, 1114, 3675})
_FORBIDDEN = frozenset({1044, 1045, 1049, 1142, 1143, 1146, 1227, 1290, 1370, 1419, 1644, 1698})
_MISUSE = (IntegrityError, ProgrammingError, DataError)
_SQLITE_FORBIDDEN = ("readonly", "no such table", "no such column", "not a database", "malformed")


_NO_TLS = 2026
_NOT_LET_IN = frozenset({1044, 1045, 1698})
_MENDS = "check the account's rights and run `hydra-gui db status`"
_LETS_IN = (
    "give the account's password with `hydra-gui db login`, or ask the administrator, who lets accounts in with "
    "`hydra-gui db grant`"
)
_DENIED = frozenset({1142, 1143, 1227, 1370})
_ANOTHER_ROLE = (
    "this account's role does not include it. Ask the administrator for another role (`hydra-gui db grant`), or use "
    "another account"
)

# OpenSSL's verification codes (openssl-verification-options(1)), each with what a person does about it.
_UNTRUSTED = {
    9: "its certificate is not valid yet: check the clocks of this machine and of the server",
    10: "its certificate has expired: the administrator of the server renews it (check this machine's clock as well)",
    18: "its certificate is signed by nobody but itself: if it is the right one, name it in [store.tls] ca",
    62: "its certificate is for another name: use that name in [store] url, or have one made for this name",
    64: "its certificate is for another address: use its name in [store] url, or have one made for this address",
}
_UNKNOWN_AUTHORITY = (
    "its certificate was signed by an authority this station does not trust: let [store.tls] ca name the PEM file of "
    "the authority that signed it. If that is configured, somebody else may be answering in the server's place"
)


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
        return _distrust(error) or _refusal(error) or _absence(error)
    return error


def _distrust(error: DBAPIError) -> HydraError | None:
    """What verification of the server found; nothing was sent to it but our greeting."""
    original = getattr(error.orig, "original_exception", None)
    if isinstance(original, ssl.SSLCertVerificationError):
        what = f"{_UNTRUSTED.get(original.verify_code, _UNKNOWN_AUTHORITY)} ({original.verify_message})"
    elif server_code(error) == _NO_TLS:
        what = (
            "it offers no TLS, which is demanded of it: switch TLS on at the server, or, if the way there is encrypted "
            'by other means, set mode = "never" in [store.tls]'
        )
    else:
        return None
    return StoreUntrustedError(
        f"The database server cannot be trusted: {what}. No password was sent; nothing is read or stored until then."
    )


def _refusal(error: DBAPIError) -> HydraError | None:
    text, code = str(error.orig), server_code(error)
    forbidden = code in _FORBIDDEN or any(word in text for word in _SQLITE_FORBIDDEN)
    if not forbidden and not isinstance(error, _MISUSE):
        return None
    mends = _LETS_IN if code in _NOT_LET_IN else _ANOTHER_ROLE if code in _DENIED else _MENDS
    return StoreRefusedError(
        f"The database refuses this ({_first_line(error)}). Nothing is stored until that is mended: {mends}."
    )


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
