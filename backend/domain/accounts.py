"""Accounts of a database server: a name, and the hosts it may come from. Strict, as they become part of statements."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.domain.errors import HydraError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}")
_HOST = re.compile(r"[A-Za-z0-9%_][A-Za-z0-9%_.:/-]{0,59}")
_OF_THE_SERVER = frozenset({"root", "mysql", "public", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
ANYWHERE = "%"


class AccountNameError(HydraError):
    """This cannot be the name of an account."""


@dataclass(frozen=True, slots=True)
class Account:
    """`host` is a name, an address or a pattern as the server has it: "10.1.%" for a network, "%" for anywhere."""

    name: str
    host: str = ANYWHERE

    @property
    def quoted(self) -> str:
        """As it stands in statements; there is nothing in it that would need an escape."""
        return f"'{self.name}'@'{self.host}'"

    @property
    def local(self) -> bool:
        """Whether it can only come from the server's own machine."""
        return self.host in _LOCAL

    def __str__(self) -> str:
        """As a person writes it."""
        return f"{self.name}@{self.host}"


def read_account(text: str) -> Account:
    """Read NAME@HOST; without a host the account may come from anywhere. AccountNameError."""
    name, _, host = text.partition("@")
    host = host if "@" in text else ANYWHERE
    if not _NAME.fullmatch(name) or not _HOST.fullmatch(host):
        raise AccountNameError(
            f"{text!r} is no account. Write NAME@HOST: the name begins with a letter and has at most 32 letters, "
            "digits, dots, dashes and underscores; the host is a name, an address, or a pattern as 10.1.%. Nothing "
            "was changed."
        )
    if name.lower() in _OF_THE_SERVER:
        raise AccountNameError(f"{name} is an account of the server itself, which is left alone. Choose another name.")
    return Account(name, host)
