from pathlib import Path

import pytest

from backend.access.opening import secret_name
from backend.access.tls import is_demanded, is_local, tls_context
from backend.config import ConfigurationError, TlsMode, TlsSection, load
from backend.domain.errors import StoreRefusedError
from backend.store.connecting import read_url

LOCAL = (
    "sqlite:///x.db",
    "mysql://a@localhost/d",
    "mysql://a@LOCALHOST/d",
    "mysql://a@127.0.0.1:3307/d",
    "mysql://a@127.8.9.10/d",
    "mysql://a@[::1]/d",
    "mysql://a@db.example.org/d?unix_socket=/run/s.sock",
)
REMOTE = (
    "mysql://a@db.example.org/d",
    "mysql://a@10.0.0.1/d",
    "mysql://a@localhost.example.org/d",
    "mysql://a@0.0.0.0/d",
    "mysql://a@[fe80::1]/d",
    "mysql://a@127.0.0.1.example.org/d",
)


@pytest.mark.parametrize("text", LOCAL)
def test_that_on_this_machine_tls_is_not_demanded_unless_configured(text: str) -> None:
    url = read_url(text)
    assert is_local(url)
    assert tls_context(url, TlsSection()) is None
    assert is_demanded(url, TlsSection(mode=TlsMode.ALWAYS)) == (not text.startswith("sqlite"))


def test_that_an_address_to_fall_back_on_counts_as_well() -> None:
    url = read_url("mysql://a@localhost/d")
    assert is_local(url, ("127.0.0.1:3307", "[::1]:3306"))
    assert is_demanded(url, TlsSection(), ("127.0.0.1", "db.example.org:3307"))
    with pytest.raises(StoreRefusedError, match=r"store\.failover"):
        is_local(url, ("host:port",))


@pytest.mark.parametrize("text", REMOTE)
def test_that_beyond_this_machine_tls_is_demanded_unless_switched_off(text: str) -> None:
    url = read_url(text)
    assert not is_local(url)
    assert tls_context(url, TlsSection()) is not None
    assert not is_demanded(url, TlsSection(mode=TlsMode.NEVER))


def test_that_passwords_are_kept_by_account_and_server() -> None:
    assert secret_name(read_url("mysql://a@db.example.org/one")) == "mysql://a@db.example.org:3306"
    assert secret_name(read_url("mariadb://a@db.example.org:3306/two")) == "mysql://a@db.example.org:3306"
    assert secret_name(read_url("mysql://b@db.example.org:3307/one")) == "mysql://b@db.example.org:3307"


@pytest.mark.parametrize(
    "option", ["ssl_ca=/x", "ssl_disabled=true", "read_default_file=/x", "local_infile=1", "init_command=x", "host=x"]
)
def test_that_options_that_could_undo_verification_are_refused(option: str) -> None:
    with pytest.raises(StoreRefusedError, match=option.partition("=")[0]):
        read_url(f"mysql://a@db.example.org/d?{option}")


PASSWORDS = (
    "mysql://hydra:s3cret@db.example.org/hydra",
    "mysql://hydra:s3cret@db.example.org:x/hydra",
    "mysql://hydra:s3c@ret@db.example.org/hydra",
    "mysql://hydra:@db.example.org/hydra",
    "mysql://hydra@db.example.org/hydra?password=s3cret",
    "mysql://hydra@db.example.org/hydra?passwd=s3cret",
    "mysql://hydra@db.example.org/hydra?ssl_key_password=s3cret",
    "mariadb+mysqldb://hydra:s3cret@db.example.org/hydra",
)


@pytest.mark.parametrize("url", PASSWORDS)
@pytest.mark.parametrize("where", ["file", "variable", "option"])
def test_that_a_password_in_the_configured_url_is_refused_with_the_way_out(
    url: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hydra.toml"
    file.write_text(f'[store]\nurl = "{url}"\n' if where == "file" else "")
    if where == "variable":
        monkeypatch.setenv("HYDRA_STORE__URL", url)
    with pytest.raises((ConfigurationError, StoreRefusedError)) as caught:
        read_url(load(file, {"store": {"url": url if where == "option" else None}}).store.url)
    told = "".join(map(str, (caught.value, caught.value.__cause__, caught.value.__context__)))
    assert "s3c" not in told
    assert "hydra-gui db login" in told or "no URL" in told


@pytest.mark.parametrize("key", ["password", "db_password"])
def test_that_a_password_in_the_configuration_is_refused_with_the_way_out(key: str, tmp_path: Path) -> None:
    file = tmp_path / "hydra.toml"
    file.write_text(f'[store]\n{key} = "s3cret"\n')
    with pytest.raises(ConfigurationError, match=rf"store\.{key}.*hydra-gui db login") as caught:
        load(file)
    assert "s3cret" not in f"{caught.value}{caught.value.__cause__}"


def test_that_tls_is_configured_below_the_store_in_file_and_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hydra.toml"
    file.write_text('[store]\nurl = "mysql://a@b/c"\n[store.tls]\nca = "/etc/ca.pem"\n')
    monkeypatch.setenv("HYDRA_STORE__TLS__MODE", "always")
    tls = load(file, {"store": {"data_dir": tmp_path}}).store.tls
    assert (tls.mode, tls.ca) == (TlsMode.ALWAYS, Path("/etc/ca.pem"))
    file.write_text("[store.tls]\nauthority = 'x'\n")
    with pytest.raises(ConfigurationError, match=r"store\.tls\.authority: unknown key; accepted are mode, ca"):
        load(file)
