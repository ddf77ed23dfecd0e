"""TLS to servers that alerts are sent to: always verified."""

from __future__ import annotations

import ssl
from pathlib import Path

from backend.domain.errors import DeliveryError


def verifying_context(ca: Path | None) -> ssl.SSLContext:
    """Trusts `ca`, or what this machine trusts. DeliveryError where that file is no good."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise DeliveryError(f"the certificate authority {ca} cannot be used ({error})") from error
    # As Python below 3.13: authorities that laboratories make themselves often lack the extensions it then wants.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
