"""Each way out against a real server on loopback: what gets there, what is refused, and that nothing hangs."""

import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from backend.access.secrets import Secrets
from backend.access.vaults import FileVault
from backend.alarms.elog import hashed
from backend.alarms.message import Message
from backend.alarms.pictures import pictures_of
from backend.alarms.registry import Destinations, secret_of
from backend.alarms.sending import send
from backend.alarms.threads import Threads
from backend.config_alarms import AlarmsSection
from backend.domain.classifications import Severity
from backend.domain.predictions import HeatMap
from tests.fakes.certificates import Authority
from tests.fakes.outside import MailServer, WebServer, elog

RGB = np.full((60, 80, 3), 230, np.uint8)
HEAT = HeatMap(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4)
PICTURES = pictures_of("CDC_occupancy-7", "CDC_occupancy, run 42", RGB, HEAT)
MESSAGE = Message(
    "hydra-1", "Hall D: CDC_occupancy: Bad", "Nobody has acknowledged <it>.", Severity.ALARM, PICTURES,
    fields={"Run": "42"},
)  # fmt: skip


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    place = tmp_path_factory.mktemp("tls")
    authority = Authority()
    (place / "ca.pem").write_bytes(authority.pem)
    authority.issue(place / "cert.pem", place / "key.pem", ["localhost", "127.0.0.1"])
    return place / "cert.pem", place / "key.pem"


def ca(tls):
    return tls[0].with_name("ca.pem")


def section(mail=None, **destination) -> AlarmsSection:
    given = {"destinations": {"it": destination}}
    return AlarmsSection.model_validate(given | ({"mail": mail} if mail else {}))


def mail_section(server: MailServer, **given):
    return {"server": "localhost", "port": server.port, "sender": "hydra@hall.example", "timeout_s": 5} | given


def deliver(found: AlarmsSection, secrets=None, message=MESSAGE):
    kept = {secret_of(name): value for name, value in (secrets or {}).items()}
    return send(Destinations(found, kept.get), "it", message)


# Mail.


def test_that_mail_goes_over_verified_starttls_with_login_text_html_and_pictures(tls):
    with MailServer(tls, ("hydra", "secret")) as server:
        found = section(mail_section(server, user="hydra", ca=ca(tls)), kind="mail", to=["expert@hall.example"])
        sent = deliver(found, {"mail": "secret"})
        assert sent.ok, sent.words
        [mail] = server.mails
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Message-ID"] == "<hydra-1@hall.example>"
    assert "Nobody has acknowledged <it>." in mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert "&lt;it&gt;" in html
    assert html.count("cid:") == 2
    images = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [image.get_content() for image in images] == [picture.png for picture in PICTURES]


def test_that_a_mail_server_that_cannot_be_verified_gets_nothing(tls):
    with MailServer(tls) as server:
        sent = deliver(section(mail_section(server), kind="mail", to=["a@b.example"]))
        assert not sent.ok
        assert "could not be verified" in sent.words
        assert server.attempts == 0


def test_that_a_wrong_or_missing_login_is_said_without_the_password(tls):
    with MailServer(tls, ("hydra", "secret")) as server:
        found = section(mail_section(server, user="hydra", ca=ca(tls)), kind="mail", to=["a@b.example"])
        assert deliver(found, {"mail": "wr0ng"}).words == "localhost refused the login of hydra"
        assert "alerts login mail" in deliver(found).words


def test_that_what_a_mail_server_answers_is_passed_on():
    with MailServer() as server:
        server.refuse = "554 no mail today"
        found = section(mail_section(server, security="none"), kind="mail", to=["a@b.example"])
        assert deliver(found).words == "localhost refused: 554 no mail today"
    assert "does not answer" in deliver(found).words


def test_that_a_name_with_a_line_break_adds_no_header():
    with MailServer() as server:
        found = section(mail_section(server, security="none"), kind="mail", to=["a@b.example"])
        strange = Message("k", "Plot\r\nBcc: x@y.example\nTitle", "text")
        assert deliver(found, message=strange).ok
        assert server.mails[0]["Bcc"] is None


# Webhooks.


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ("slack", lambda body: body["text"]),
        ("mattermost", lambda body: body["text"]),
        ("teams", lambda body: json.dumps(body["attachments"][0]["content"]["body"])),
        ("plain", lambda body: body["subject"] + body["text"]),
    ],
)
def test_that_a_chat_server_gets_the_form_it_wants(form, where):
    with WebServer() as server:
        found = section(kind="webhook", form=form)
        sent = deliver(found, {"it": f"{server.url}/hooks/s3cret"})
        assert sent.ok, sent.words
        [request] = server.requests
    assert request.path == "/hooks/s3cret"
    text = where(json.loads(request.body))
    assert "Nobody has acknowledged" in text
    assert "http" not in text


def test_that_names_of_plots_call_nobody_and_lead_nowhere():
    with WebServer() as server:
        for form in ("slack", "mattermost"):
            message = Message("k", "<!channel> @all", "[x](https://evil.example)")
            assert deliver(section(kind="webhook", form=form), {"it": server.url}, message).ok
        texts = [json.loads(request.body)["text"] for request in server.requests]
    assert "<!channel>" not in texts[0]
    assert "@all" not in texts[1]
    assert "://" not in texts[1]


def test_that_a_secret_address_is_in_no_message():
    with WebServer(status=404, answer=b"no such hook") as server:
        words = deliver(section(kind="webhook"), {"it": f"{server.url}/s3cret"}).words
        assert words == "127.0.0.1 refused: 404 Not Found, no such hook"
    assert "s3cret" not in deliver(section(kind="webhook"), {"it": f"{server.url}/s3cret"}).words
    assert "alerts login" in deliver(section(kind="webhook")).words
    assert "https" in deliver(section(kind="webhook"), {"it": "http://chat.example/s3cret"}).words


def test_that_a_redirect_is_not_followed():
    with WebServer() as target, WebServer(status=307, headers={"Location": target.url}) as server:
        sent = deliver(section(kind="webhook"), {"it": server.url})
        assert not sent.ok
        assert target.requests == []


def test_that_a_web_server_is_verified(tls):
    with WebServer(tls=tls) as server:
        assert "could not be verified" in deliver(section(kind="webhook"), {"it": server.url}).words
        assert deliver(section(kind="webhook", ca=ca(tls)), {"it": server.url}).ok


def test_that_a_server_that_hangs_costs_its_time_limit_and_no_more():
    with WebServer(delay_s=60.0) as server:
        begun = time.monotonic()
        sent = deliver(section(kind="webhook", timeout_s=0.3), {"it": server.url})
        assert sent.words == "127.0.0.1 takes too long to answer"
        assert time.monotonic() - begun < 20


async def test_that_an_adapter_that_never_returns_is_given_up():
    threads, end = Threads(), threading.Event()
    with pytest.raises(TimeoutError):
        await threads.run(lambda: end.wait(60.0), 0.05)
    end.set()
    threads.close(10.0)
    assert await threads.run(lambda: 7, 10.0) == 7


# Logbooks.


def test_that_an_entry_is_made_in_an_elog_with_attributes_login_and_pictures():
    with WebServer(answering=elog(hashed("secret"))) as server:
        fields = {"Type": "Monitoring", "Sub System": "CDC"}
        found = section(kind="elog", url=f"{server.url}/HallD/", user="hydra", fields=fields)
        entry = Message("k", "CDC_occupancy: Bad", "Board 14 is dead.", pictures=PICTURES, author="expert")
        assert deliver(found, {"it": "secret"}, entry).words == "entry 1"
        form = server.requests[0].form
        assert server.requests[0].path == "/HallD/"
        assert (form["cmd"], form["exp"], form["unm"]) == (b"Submit", b"HallD", b"hydra")
        assert (form["Author"], form["Subject"], form["Sub_System"]) == (b"expert", b"CDC_occupancy: Bad", b"CDC")
        assert form["Text"] == b"Board 14 is dead."
        assert [form[f"attfile{n}"] for n in (1, 2)] == [picture.png for picture in PICTURES]
        assert form["attfile1.filename"] == b"CDC_occupancy-7.png"
        assert "refused the login" in deliver(found, {"it": "wrong"}, entry).words


def test_that_an_elog_says_which_attributes_it_wants():
    with WebServer(answering=elog()) as server:
        assert "demands attributes" in deliver(section(kind="elog", url=f"{server.url}/HallD")).words


def test_that_the_hash_of_a_password_is_the_one_crypt_makes():
    """Known from the C library: crypt("secret password", "$5$$")."""
    assert hashed("secret password") == "YedfrDm4aZTSZOME4YBgWA7nlf9ef6oWhB84bRgRqN1"


def test_that_an_entry_in_a_directory_is_whole_and_there_once(tmp_path):
    found = section(kind="files", directory=tmp_path / "log")
    for _ in range(2):
        assert deliver(found).ok
    [entry] = (tmp_path / "log").glob("*/*")
    assert (entry / "entry.txt").read_text().startswith("Hall D: CDC_occupancy: Bad\n\nNobody")
    facts = json.loads((entry / "entry.json").read_text())
    assert [picture["file"] for picture in facts["pictures"]] == [picture.name for picture in PICTURES]
    assert (entry / "CDC_occupancy-7.png").read_bytes() == PICTURES[0].png


def test_that_a_directory_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "log").write_text("in the way")
    assert "cannot be written" in deliver(section(kind="files", directory=tmp_path / "log")).words


# Plug-ins.


PLUGIN = """
class Pager:
    def __init__(self, section, secret):
        self.number, self.secret = section.options["number"], secret
    def send(self, message):
        if self.number == "0":
            raise ZeroDivisionError("a defect of somebody else's")
        return f"paged {self.number} with {self.secret()}"
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pager_for_a_test.py").write_text(PLUGIN)
    info = tmp_path / "pager_for_a_test-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pager-for-a-test\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[hydra_gui.alarms]\npager = pager_for_a_test:Pager\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_that_another_package_brings_a_kind_of_its_own(plugin):
    assert deliver(section(kind="pager", options={"number": "7"}), {"it": "token"}).words == "paged 7 with token"


def test_that_a_defect_in_it_is_a_failed_attempt(plugin):
    sent = deliver(section(kind="pager", options={"number": "0"}))
    assert (sent.ok, sent.words) == (False, "the adapter failed (ZeroDivisionError)")


def test_that_an_unknown_kind_names_those_there_are():
    assert "mail, webhook, stations" in deliver(section(kind="pigeon")).words


def test_that_secrets_are_found_where_this_machine_keeps_them(tmp_path):
    secrets = Secrets([FileVault(tmp_path / "secrets.json")])
    with WebServer() as server:
        secrets.put(secret_of("it"), server.url)
        assert send(Destinations(section(kind="webhook"), secrets.get), "it", MESSAGE).ok
