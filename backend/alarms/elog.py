"""The electronic logbook that is widespread in the field (PSI ELOG): entries by its HTTP form."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from backend.alarms.http import FormFile, Way, multipart
from backend.alarms.message import Message
from backend.alarms.sha_crypt import sha256_crypt
from backend.domain.errors import DeliveryError

_SALT, _ROUNDS = b"", 5000
_NOT_IN_KEYS = re.compile(r"[^0-9A-Za-z]")


class Elog:
    """Makes entries in the logbook `url`. `fields` are attributes it demands; Subject and Author are filled."""

    def __init__(
        self, url: str, user: str, fields: Mapping[str, str], way: Way, password: Callable[[], str | None]
    ) -> None:
        self._url, self._user, self._fields, self._way, self._password = url, user, fields, way, password

    def send(self, message: Message) -> str:
        """See `Adapter`; returns ``entry 17``."""
        attributes = {"Author": message.author or "hydra", "Subject": message.subject, **self._fields}
        form = [("cmd", "Submit"), ("exp", self._url.rstrip("/").rpartition("/")[2])]
        form += [("When", str(int(time.time()))), ("Encoding", "plain")]
        form += [(_NOT_IN_KEYS.sub("_", name), value) for name, value in attributes.items()]
        form += [*self._login(), ("Text", _text(message))]
        files = [
            FormFile(f"attfile{place}", picture.name, picture.png, "image/png")
            for place, picture in enumerate(message.pictures, 1)
        ]
        answer = self._way.post(self._url.rstrip("/") + "/", *multipart(form, files))
        return f"entry {_entry(answer.status, answer.headers.get('location', ''), answer.body)}"

    def _login(self) -> list[tuple[str, str]]:
        if not self._user:
            return []
        password = self._password()
        if password is None:
            raise DeliveryError("no password is kept for the logbook: run `hydra-gui alerts login NAME`")
        return [("unm", self._user), ("upwd", hashed(password))]


def hashed(password: str) -> str:
    """The password as ELOG takes it in its form: SHA-256 as `crypt` makes it with an empty salt, without its head.

    It hides nothing from who listens, hence HTTPS is demanded beyond this machine.
    """
    return sha256_crypt(password.encode(), _SALT, _ROUNDS)


def _entry(status: int, location: str, body: str) -> str:
    """The number of the new entry, at the end of the address it leads to."""
    number = urlsplit(location).path.rstrip("/").rpartition("/")[2]
    if status == 302 and number.isdigit():
        return number
    if "has to be supplied" in body or "required" in location or "wrong" in location:
        raise DeliveryError("the logbook demands attributes that are not configured: set fields of the destination")
    if "fail" in location or "name=upassword" in body or "wpwd" in location:
        raise DeliveryError("the logbook refused the login")
    raise DeliveryError(f"the logbook did not say that an entry was made (status {status})")


def _text(message: Message) -> str:
    facts = "\n".join(f"{name}: {value}" for name, value in message.fields.items())
    return "\n\n".join(part for part in (message.text, facts) if part)
