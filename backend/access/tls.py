"""TLS to the database server: demanded beyond this machine, and always verified.

The driver's own `ssl_ca=` encrypts without verifying whom it speaks to; only a context of ours is used.
"""

from __future__ import annotations

import ipaddress
import ssl
import stat
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL

from backend.config import TlsMode, TlsSection
from backend.domain.errors import StoreRefusedError
from backend.store.addresses import read_failover

_OTHERS = 0o077


def is_local(url: URL, failover: Sequence[str] = ()) -> bool:
    """Whether a database is on this machine, at every address: embedded, by socket, or by a loopback address."""
    return _is_here(url) and all(_is_loopback(host) for host, _ in read_failover(failover))


def is_demanded(url: URL, section: TlsSection, failover: Sequence[str] = ()) -> bool:
    """Whether the way to this server must be encrypted and the server verified."""
    if section.mode is TlsMode.AUTO:
        return not is_local(url, failover)
    return section.mode is TlsMode.ALWAYS and url.get_backend_name() != "sqlite"


def _is_here(url: URL) -> bool:
    if url.get_backend_name() == "sqlite" or "unix_socket" in url.query or not url.host:
        return True
    return _is_loopback(url.host)


def _is_loopback(host: str) -> bool:
    if host.lower() in ("localhost", "localhost.localdomain"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def tls_context(url: URL, section: TlsSection, failover: Sequence[str] = ()) -> ssl.SSLContext | None:
    """The context for the driver, None where no TLS is demanded. StoreRefusedError where its files are no good."""
    if not is_demanded(url, section, failover):
        return None
    context = _authorities(section.ca)
    # As Python below 3.13: authorities that laboratories make themselves often lack the extensions it then wants.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if section.cert is not None:
        _present(context, section.cert, section.key)
    return context


def _authorities(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise StoreRefusedError(
            f"The certificate authority {ca} cannot be used ({_reason(error)}). Nothing is read or stored: let "
            f"[store.tls] ca name the PEM file of the authority that signed the database server's certificate."
        ) from error


def _present(context: ssl.SSLContext, cert: Path, key: Path | None) -> None:
    """Show the server who this station is."""
    holder = key or cert
    try:
        if stat.S_IMODE(holder.stat().st_mode) & _OTHERS:
            raise StoreRefusedError(
                f"The private key {holder} may be read by others than its owner; it is not used. Run "
                f"`chmod 600 {holder}`, and have a new one made if somebody may have copied it."
            )
        context.load_cert_chain(cert, key, password=lambda: "")  # an encrypted key fails instead of asking
    except (OSError, ssl.SSLError) as error:
        raise StoreRefusedError(
            f"The certificate {cert} with the key {holder} cannot be used ({_reason(error)}). Nothing is read or "
            f"stored: correct cert and key in [store.tls], both PEM files, the key without a pass phrase."
        ) from error


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
