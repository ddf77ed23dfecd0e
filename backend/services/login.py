"""Logging in: a password is tried at the server, and kept on this machine if the server lets the account in with it."""

from __future__ import annotations

from dataclasses import dataclass

from backend.access.opening import access_to, secret_name
from backend.access.secrets import Secrets
from backend.config import StoreSection
from backend.domain.errors import StoreRefusedError, StoreUnavailableError
from backend.store import Store
from backend.store.connecting import read_url


@dataclass(frozen=True, slots=True)
class Login:
    """Whose password was kept where; `doubt` says why it could not be tried, "" where it was right."""

    account: str
    place: str
    doubt: str = ""


def account_name(section: StoreSection) -> str:
    """The account and server of the configured database. StoreRefusedError where there are no accounts."""
    url = read_url(section.effective_url)
    if url.get_backend_name() == "sqlite" or not url.username:
        raise StoreRefusedError(
            "The configured store is no account on a server, so there is no password to keep. Set url in the [store] "
            "section, or name the server with --store mysql://ACCOUNT@HOST/DATABASE."
        )
    return secret_name(url)


def log_in(section: StoreSection, password: str) -> Login:
    """Try a password and keep it. A wrong one is refused and not kept; SecretError where none can be kept."""
    account, secrets = account_name(section), Secrets.of_this_machine()
    access, doubt = access_to(section), ""
    try:
        Store.status(access.url, password=lambda: password, connect_args=access.connect_args)
    except StoreUnavailableError as error:
        doubt = str(error)
    secrets.put(account, password)
    return Login(account, secrets.place, doubt)


def log_out(section: StoreSection) -> bool:
    """Forget the password of the configured account on this machine; False where there was none."""
    return Secrets.of_this_machine().remove(account_name(section))
