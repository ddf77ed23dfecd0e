"""Mail: text and HTML with the pictures inline, over STARTTLS or TLS with the server verified."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate
from html import escape

from backend.alarms.message import Message
from backend.alarms.tls import verifying_context
from backend.config_alarms import MailSection, Security
from backend.domain.classifications import Severity
from backend.domain.errors import DeliveryError

Secret = Callable[[], str | None]
"""Looks a password up, when it is needed; None where none is kept."""

_COLOURS = {Severity.ALARM: "#A63A00", Severity.WARNING: "#8A5A00"}
_PLAIN = "#1B1F24"


class Mail:
    """Sends to fixed addresses. Somebody who was refused among several does not keep the others from it."""

    def __init__(self, section: MailSection, to: tuple[str, ...], secret: Secret) -> None:
        self._section, self._to, self._secret = section, to, secret

    def send(self, message: Message) -> str:
        """See `Adapter`."""
        section = self._section
        try:
            with self._connected() as server:
                if section.user:
                    server.login(section.user, self._password())
                refused = server.send_message(composed(message, section.sender, self._to))
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryError(f"{section.server} refused the login of {section.user}") from error
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(f"{section.server} refused: {error.smtp_code} {_text(error.smtp_error)}") from error
        except smtplib.SMTPRecipientsRefused as error:
            raise DeliveryError(f"{section.server} refused {', '.join(error.recipients)}") from error
        except ssl.SSLError as error:
            raise DeliveryError(f"{section.server} could not be verified: {error.reason or error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(f"{section.server} does not answer: {error or type(error).__name__}") from error
        return f"accepted by {section.server}" + (f", but not for {', '.join(refused)}" if refused else "")

    def _connected(self) -> smtplib.SMTP:
        section = self._section
        host, port, limit = section.server, section.effective_port, section.timeout_s
        if section.security is Security.TLS:
            return smtplib.SMTP_SSL(host, port, timeout=limit, context=verifying_context(section.ca))
        server = smtplib.SMTP(host, port, timeout=limit)
        if section.security is Security.STARTTLS:
            try:
                server.starttls(context=verifying_context(section.ca))
            except BaseException:
                server.close()
                raise
        return server

    def _password(self) -> str:
        password = self._secret()
        if password is None:
            raise DeliveryError("no password is kept for the mail server: run `hydra-gui alerts login mail`")
        return password


def composed(message: Message, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """As it is sent: every header on one line, whatever the names of plots hold."""
    mail = EmailMessage()
    mail["Subject"] = _one_line(message.subject)
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.severity is Severity.ALARM:
        mail["Importance"] = "high"
    mail.set_content(_plain(message))
    mail.add_alternative(_html(message), subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for place, picture in enumerate(message.pictures):
        html.add_related(  # type: ignore[union-attr]
            picture.png, "image", "png", cid=f"<picture{place}>", filename=picture.name, disposition="inline"
        )
    return mail


def _plain(message: Message) -> str:
    facts = "\n".join(f"{name}: {value}" for name, value in message.fields.items())
    return "\n\n".join(part for part in (message.text, facts) if part) + "\n"


def _html(message: Message) -> str:
    """Tables and inline styles: what mail programs understand."""
    colour = _COLOURS.get(message.severity, _PLAIN)
    paragraphs = "".join(
        f'<p style="margin:0 0 12px">{escape(part).replace(chr(10), "<br>")}</p>' for part in message.text.split("\n\n")
    )
    facts = "".join(
        f'<tr><td style="padding:2px 16px 2px 0;color:#5B6570">{escape(name)}</td><td>{escape(value)}</td></tr>'
        for name, value in message.fields.items()
    )
    pictures = "".join(
        f'<p style="margin:16px 0 4px;color:#5B6570">{escape(picture.caption)}</p>'
        f'<img src="cid:picture{place}" alt="{escape(picture.caption)}" style="max-width:100%">'
        for place, picture in enumerate(message.pictures)
    )
    return (
        f'<html><body style="font-family:sans-serif;font-size:15px;color:{_PLAIN}">'
        f'<h2 style="color:{colour};font-size:20px;margin:0 0 12px">{escape(message.subject)}</h2>'
        f"{paragraphs}<table>{facts}</table>{pictures}</body></html>"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
