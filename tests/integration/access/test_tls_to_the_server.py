"""TLS to a real server with certificates made here: whoever is not the server gets no password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backend.access.opening import access_to, open_store, store_status, upgrade_store
from backend.config import Settings, StoreSection, TlsMode, TlsSection
from backend.domain.errors import StoreRefusedError, StoreUntrustedError
from backend.services.doctor.access import check_access
from backend.services.doctor.findings import Outcome
from tests.fakes.certificates import Authority
from tests.mariadb import PASSWORD, USER, MariaDb


class TlsServer:
    """A server whose certificate may be exchanged while it runs."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.folder = Authority(), folder
        self.ca, self.cert, self.key = (folder / name for name in ("ca.pem", "server.pem", "server.key"))
        self.ca.write_bytes(self.authority.pem)
        self.authority.issue(self.cert, self.key, ["127.0.0.1"])
        self.server = MariaDb([f"--ssl-ca={self.ca}", f"--ssl-cert={self.cert}", f"--ssl-key={self.key}"])

    def present(self, names: list[str], authority: Authority | None = None, days: float = 1) -> None:
        (authority or self.authority).issue(self.cert, self.key, names, timedelta(days=days))
        self.server.execute("FLUSH SSL")


@pytest.fixture(scope="module")
def tls_server(mariadb_server: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    made = TlsServer(tmp_path_factory.mktemp("tls"))  # the other server is asked for because it looks for the program
    made.server.start()
    try:
        yield made
    finally:
        made.server.stop()


@pytest.fixture
def section(tls_server: TlsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoreSection:
    """The server as a station has it configured that trusts the right authority."""
    monkeypatch.setenv("HYDRA_STORE_PASSWORD", PASSWORD)
    tls_server.present(["127.0.0.1"])
    url = tls_server.server.url(tls_server.server.database())
    return StoreSection(url=url, data_dir=tmp_path, tls=TlsSection(mode=TlsMode.ALWAYS, ca=tls_server.ca))


def with_tls(section: StoreSection, **changes: object) -> StoreSection:
    return section.model_copy(update={"tls": section.tls.model_copy(update=changes)})


def cipher_of(section: StoreSection) -> str:
    with open_store(section) as store:
        row = store.database.read(lambda c: c.exec_driver_sql("SHOW SESSION STATUS LIKE 'Ssl_cipher'").one())
    return str(row[1])


def test_that_the_right_server_is_spoken_to_and_nobody_can_listen(section: StoreSection) -> None:
    upgrade_store(section)
    assert cipher_of(section)


def test_that_the_doctor_proves_that_the_server_was_verified(section: StoreSection, tls_server: TlsServer) -> None:
    found = {finding.subject: finding for finding in check_access(Settings(store=section))}
    assert found["access"].outcome is Outcome.OK
    assert "TLS, verified (TLS_" in found["access"].detail
    tls_server.present(["127.0.0.1"], days=-1)
    [broken] = check_access(Settings(store=section))
    assert broken.outcome is Outcome.FAILED
    assert "expired" in broken.detail


def test_that_a_server_of_another_authority_is_refused(section: StoreSection, tls_server: TlsServer) -> None:
    tls_server.present(["127.0.0.1"], Authority("Test authority"))  # even one that bears the same name
    with pytest.raises(StoreUntrustedError, match=r"authority this station does not trust.*\[store.tls\] ca"):
        store_status(section)


def test_that_without_an_authority_those_of_the_machine_count(section: StoreSection) -> None:
    with pytest.raises(StoreUntrustedError, match=r"\[store.tls\] ca"):
        store_status(with_tls(section, ca=None))


def test_that_a_server_of_another_name_is_refused(section: StoreSection, tls_server: TlsServer) -> None:
    tls_server.present(["database.example.org", "127.0.0.2"])
    with pytest.raises(StoreUntrustedError, match=r"for another address.*\[store\] url"):
        store_status(section)
    by_name = section.model_copy(update={"url": section.url.replace("127.0.0.1", "localhost")})
    with pytest.raises(StoreUntrustedError, match=r"for another name.*\[store\] url"):
        store_status(by_name)
    tls_server.present(["localhost"])
    assert store_status(by_name).revision is None


def test_that_an_expired_certificate_is_refused(section: StoreSection, tls_server: TlsServer) -> None:
    tls_server.present(["127.0.0.1"], days=-1)
    with pytest.raises(StoreUntrustedError, match=r"has expired.*renews"):
        store_status(section)


def test_that_a_server_without_tls_is_refused_where_tls_is_demanded(
    section: StoreSection, mariadb_url: str, tmp_path: Path
) -> None:
    plain = section.model_copy(update={"url": mariadb_url})
    with pytest.raises(StoreUntrustedError, match=r"offers no TLS.*switch TLS on.*No password was sent"):
        store_status(plain)
    assert store_status(with_tls(plain, mode=TlsMode.AUTO)).revision is None


def test_that_the_password_is_not_asked_for_by_an_impostor(section: StoreSection, tls_server: TlsServer) -> None:
    """What the drivers' own `ssl_ca` would have allowed: an encrypted talk with anybody."""
    tls_server.present(["127.0.0.1"], Authority("Somebody else"))
    with pytest.raises(StoreUntrustedError):
        store_status(section)
    context = access_to(section).connect_args["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_that_a_server_may_demand_certificates_of_stations(section: StoreSection, tls_server: TlsServer) -> None:
    tls_server.server.execute(f"ALTER USER {USER}@'127.0.0.1' REQUIRE X509")
    cert, key = tls_server.folder / "station.pem", tls_server.folder / "station.key"
    tls_server.authority.issue(cert, key, ["station"])
    try:
        with pytest.raises(StoreRefusedError, match="Access denied"):
            store_status(section)
        assert store_status(with_tls(section, cert=cert, key=key)).revision is None
    finally:
        tls_server.server.execute(f"ALTER USER {USER}@'127.0.0.1' REQUIRE NONE")


def test_that_files_that_are_no_certificates_are_refused_by_name(section: StoreSection, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    junk.chmod(0o600)
    for changes, named in (
        ({"ca": tmp_path / "none.pem"}, "none.pem"),
        ({"ca": junk}, "junk.pem"),
        ({"cert": junk}, "junk.pem"),
        ({"cert": tmp_path / "none.pem"}, "none.pem"),
    ):
        with pytest.raises(StoreRefusedError, match=rf"{named}.*\[store.tls\]"):
            store_status(with_tls(section, **changes))


def test_that_a_private_key_that_others_may_read_is_not_used(section: StoreSection, tls_server: TlsServer) -> None:
    cert, key = tls_server.folder / "open.pem", tls_server.folder / "open.key"
    tls_server.authority.issue(cert, key, ["station"])
    key.chmod(0o644)
    with pytest.raises(StoreRefusedError, match="chmod 600"):
        store_status(with_tls(section, cert=cert, key=key))
