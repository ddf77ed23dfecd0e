"""Checks of the way to a shared database: reachable, encrypted or local, in a known role, clocks together."""

from __future__ import annotations

from collections.abc import Iterator

from backend.access.opening import encrypted_or_local, open_server
from backend.access.secrets import secrets_file
from backend.access.vaults import FileVault
from backend.config import Settings
from backend.domain.errors import SecretError, StoreRefusedError, StoreUnavailableError
from backend.domain.roles import write_roles
from backend.services.doctor.findings import Finding, failed, ok, warning
from backend.store.connecting import read_url
from backend.store.server import ServerFacts, server_facts

_SKEW_S = 2.0
"""Verdicts of two stations would stand in the wrong order in the log."""


def check_access(settings: Settings) -> Iterator[Finding]:
    """Who this station is at its server, and whether the way there is safe. Says nothing of an embedded store."""
    section = settings.store
    if read_url(section.effective_url).get_backend_name() == "sqlite":
        return
    yield from _secrets()
    try:
        database = open_server(section)
        try:
            facts = server_facts(database)
        finally:
            database.dispose()
    except (StoreUnavailableError, StoreRefusedError) as error:
        yield failed("access", str(error), "Do what it says; `hydra-gui db login` keeps a password.")
        return
    yield _way(facts, safe=encrypted_or_local(section), demanded_elsewhere=bool(facts.cipher))
    yield _role(facts)
    yield _clock(facts)


def _secrets() -> Iterator[Finding]:
    try:
        FileVault(secrets_file()).get("")
    except SecretError as error:
        yield failed("secrets", str(error), "Do what the message says and run the doctor again.")


def _way(facts: ServerFacts, *, safe: bool, demanded_elsewhere: bool) -> Finding:
    if safe:
        how = f"TLS, verified ({facts.cipher})" if facts.cipher else "on this machine"
        return ok("access", f"{facts.account} at {facts.version}, {how}")
    detail = "the server is not verified" if demanded_elsewhere else "the way is not encrypted"
    remedy = 'Set mode = "auto" and ca in [store.tls], unless a tunnel of your own encrypts it.'
    return warning("access", f"{facts.account} at {facts.version}: {detail}", remedy)


def _role(facts: ServerFacts) -> Finding:
    if facts.roles:
        return ok("role", write_roles(facts.roles))
    remedy = "The administrator of the server runs: hydra-gui db grant ROLE ACCOUNT@HOST"
    return warning("role", f"what {facts.account} may do is no role of this program", remedy)


def _clock(facts: ServerFacts) -> Finding:
    detail = f"{abs(facts.skew_s):.1f} s {'ahead of' if facts.skew_s > 0 else 'behind'} the server's"
    if abs(facts.skew_s) - facts.answer_s > _SKEW_S:
        return failed(
            "clock", f"this machine's clock is {detail}", "Let both be set by NTP (chrony, systemd-timesyncd)."
        )
    return ok("clock", detail)
