"""How a network is spread over the cores: many small ones side by side, a large one over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from backend.inference.manifest import InputSpec

LARGE_BYTES = 8 * 2**20
"""Weights in 16 bit from which a network counts as large: one image then takes tens of milliseconds of one core."""

_SEVERAL = 4

_ACTIVATIONS = 40
"""Bytes between the layers for every byte of input, as measured on our architectures (docs/adr/0003)."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """`streams` images are calculated side by side; `several` are given to a large network at once, 1 to a small one.

    A large one gets all cores for one call. `weights` is the size of the file of weights and `pixels` that of one
    input, both in bytes.
    """

    streams: int
    several: int
    weights: int
    pixels: int

    @property
    def is_wide(self) -> bool:
        """Whether all cores calculate on one call, and such networks take turns."""
        return self.several > 1

    def held(self, batch: int) -> int:
        """About how many bytes of memory it holds when compiled for `batch` images."""
        return 3 * self.weights + _ACTIVATIONS * self.pixels * batch * self.streams


def sizing(weights: int, spec: InputSpec, threads: int) -> Sizing:
    """For a network with `weights` bytes of weights, looked at `spec`, on `threads` cores."""
    pixels = spec.height * spec.width * spec.channels
    if weights < LARGE_BYTES:
        return Sizing(threads, 1, weights, pixels)
    return Sizing(1, _SEVERAL, weights, pixels)
