"""Models are loaded once, shared, and let go when there are too many."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from backend.domain.errors import BundleError, StoreUnavailableError
from backend.inference.bundles import pack
from backend.inference.models import ModelCache
from backend.inference.runtime import Runtime
from tests.fakes.bundles import make_bundle


class Library:
    """Packed bundles by digest, as a store hands them out; counts how often it is asked."""

    def __init__(self, directory, seeds=1):
        bundles = [make_bundle(directory / str(seed), seed=seed) for seed in range(seeds)]
        self.zips = {bundle.digest: pack(bundle.path) for bundle in bundles}
        self.digests = list(self.zips)
        self.fetched: list[str] = []
        self.lock = threading.Lock()

    def fetch(self, digest):
        def fetch_zip() -> bytes:
            with self.lock:
                self.fetched.append(digest)
            return self.zips[digest]

        return fetch_zip


class CountingRuntime(Runtime):
    """A runtime that remembers in which thread it loaded what."""

    def __init__(self, cache_dir):
        super().__init__("CPU", 1, cache_dir)
        self.loads: list[tuple[str, str]] = []

    def load(self, bundle):
        self.loads.append((bundle.digest, threading.current_thread().name))
        return super().load(bundle)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return Library(tmp_path_factory.mktemp("library"), seeds=3)


@pytest.fixture
def runtime(tmp_path):
    return CountingRuntime(tmp_path / "cache")


@pytest.fixture
def cache(runtime, tmp_path, library):
    library.fetched.clear()
    return ModelCache(runtime, tmp_path / "bundles")


def test_that_a_model_is_fetched_and_loaded_once_by_the_thread_that_asks(cache, runtime, library):
    digest = library.digests[0]
    first = cache.get(digest, library.fetch(digest))
    assert cache.get(digest, library.fetch(digest)) is first
    assert runtime.loads == [(digest, threading.current_thread().name)]
    assert library.fetched == [digest]
    assert first.predict(np.full((1, 64, 64, 3), 255, np.uint8))[0].probabilities[0] > 0.99


def test_that_many_threads_asking_at_once_share_one_load(cache, runtime, library):
    barrier = threading.Barrier(8)

    def ask(number: int):
        digest = library.digests[number % 2]
        barrier.wait(10)
        return cache.get(digest, library.fetch(digest))

    with ThreadPoolExecutor(8) as pool:
        models = list(pool.map(ask, range(8)))
    assert len({id(model) for model in models}) == 2
    assert sorted(digest for digest, _ in runtime.loads) == sorted(library.digests[:2])
    assert [model.digest for model in models] == [library.digests[number % 2] for number in range(8)]


def test_that_a_bundle_on_this_machine_is_not_fetched_again(cache, runtime, library, tmp_path):
    digest = library.digests[0]
    cache.get(digest, library.fetch(digest))
    later = ModelCache(runtime, tmp_path / "bundles")
    assert later.get(digest, library.fetch(digest)).digest == digest
    assert library.fetched == [digest]


def test_that_a_bundle_damaged_on_this_machine_is_fetched_again(cache, runtime, library, tmp_path):
    digest = library.digests[0]
    cache.get(digest, library.fetch(digest))
    (tmp_path / "bundles" / digest / "model.bin").unlink()
    later = ModelCache(runtime, tmp_path / "bundles")
    assert later.get(digest, library.fetch(digest)).digest == digest
    assert library.fetched == [digest, digest]


def test_that_a_stored_bundle_with_other_bytes_is_refused_and_may_be_mended(cache, library):
    wanted, other = library.digests[:2]
    with pytest.raises(BundleError, match="stored bundle should be"):
        cache.get(wanted, library.fetch(other))
    with pytest.raises(BundleError, match="stored bundle should be"):
        cache.get(wanted, lambda: b"")
    assert cache.get(wanted, library.fetch(wanted)).digest == wanted


def test_that_errors_of_the_store_go_through_to_all_who_wait(cache, runtime, library):
    digest, entered, release = library.digests[0], threading.Event(), threading.Event()

    def away() -> bytes:
        entered.set()
        release.wait(10)
        raise StoreUnavailableError("the database does not answer")

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(cache.get, digest, away)
        assert entered.wait(10)
        rest = [pool.submit(cache.get, digest, away) for _ in range(3)]
        release.set()
        for asked in (first, *rest):
            with pytest.raises(StoreUnavailableError):
                asked.result(10)
    assert runtime.loads == []
    assert cache.get(digest, library.fetch(digest)).digest == digest


def test_that_the_least_used_model_is_let_go_and_works_on_for_its_holder(runtime, library, tmp_path):
    cache = ModelCache(runtime, tmp_path / "bundles", max_models=2)
    a, b, c = library.digests
    held = cache.get(a, library.fetch(a))
    used = cache.get(b, library.fetch(b))
    cache.get(a, library.fetch(a))
    cache.get(c, library.fetch(c))  # now b is the one used longest ago
    assert cache.get(a, library.fetch(a)) is held
    assert cache.get(b, library.fetch(b)) is not used
    assert [digest for digest, _ in runtime.loads] == [a, b, c, b]
    assert used.predict(np.zeros((1, 64, 64, 3), np.uint8))[0].probabilities[1] > 0.99


def test_that_the_bound_on_bytes_holds_and_one_model_always_fits(runtime, library, tmp_path):
    cache = ModelCache(runtime, tmp_path / "bundles", max_bytes=1)
    for digest in library.digests[:2]:
        first = cache.get(digest, library.fetch(digest))
        assert cache.get(digest, library.fetch(digest)) is first
    assert cache.get(library.digests[0], library.fetch(library.digests[0])) is not first
    assert len(runtime.loads) == 3
