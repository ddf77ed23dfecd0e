"""The cache of compiled networks gives back what was put in, or nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.inference.compiled_cache import CompiledCache


def test_that_what_was_put_comes_back_under_its_key_only(tmp_path):
    cache = CompiledCache(tmp_path / "new")
    cache.put("a", b"network")
    assert CompiledCache(tmp_path / "new").get("a") == b"network"
    assert cache.get("b") is None


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-1], lambda data: data[:-1] + b"?"])
def test_that_damaged_files_are_as_good_as_none(tmp_path, damage):
    cache = CompiledCache(tmp_path)
    cache.put("a", b"network")
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert cache.get("a") is None
    cache.put("a", b"network")
    assert cache.get("a") == b"network"


def test_that_a_place_that_cannot_be_written_is_reported_and_passed_over(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    cache = CompiledCache(tmp_path / "file")
    cache.put("a", b"network")
    assert cache.get("a") is None
    assert "starts will be slower" in caplog.text


def test_that_many_may_write_the_same_key_at_once(tmp_path):
    cache = CompiledCache(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cache.put("a", b"x" * 100_000), range(50)))
    assert cache.get("a") == b"x" * 100_000
    assert len(list(tmp_path.iterdir())) == 1
