"""The sender of the trial: writes plots into folders at a rate, with bursts, as a monitoring job does."""

from __future__ import annotations

import io
import os
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

_IMAGES = 64
_SIZE = (160, 120)


@dataclass(frozen=True, slots=True)
class Load:
    """`rate` plots a second for `seconds`, of `plot_types`; every `burst_every_s` a burst of `burst` at once."""

    rate: float
    seconds: float
    plot_types: Sequence[str]
    burst: int = 0
    burst_every_s: float = 60.0


class Sender:
    """A thread that offers plots, each with bytes of its own, renamed into place. `offered` counts."""

    def __init__(self, load: Load, folders: Sequence[Path]) -> None:
        self._load, self._folders = load, folders
        self._images = [_image(number) for number in range(_IMAGES)]
        self._thread = threading.Thread(target=self._run, name="sender")
        self._over = threading.Event()
        self.offered = 0

    def start(self) -> None:
        for folder in self._folders:
            (folder / "Run000001").mkdir(parents=True, exist_ok=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        begun, bursts = time.monotonic(), 0
        while not self._over.wait(0.05):
            elapsed = time.monotonic() - begun
            if elapsed >= self._load.seconds:
                return
            if self._load.burst and elapsed >= (bursts + 1) * self._load.burst_every_s:
                bursts += 1
                self._offer(self._load.burst)
            self._offer(int(elapsed * self._load.rate) + bursts * self._load.burst - self.offered)

    def _offer(self, count: int) -> None:
        for _ in range(count):
            number = self.offered
            names = self._load.plot_types
            name, chunk = names[number % len(names)], number // len(names)
            folder = self._folders[number % len(self._folders)] / "Run000001"
            part = folder / f"{number}.part"
            part.write_bytes(_marked(self._images[number % _IMAGES], number))
            part.rename(folder / f"{name}_{chunk:04d}.png")
            self.offered += 1


def _image(number: int) -> Image.Image:
    rng = random.Random(number)
    base = rng.choice((40, 130, 210))
    small = np.random.default_rng(number).integers(base - 20, base + 20, (_SIZE[1] // 8, _SIZE[0] // 8, 3), np.uint8)
    return Image.fromarray(small).resize(_SIZE, Image.Resampling.NEAREST)


def _marked(image: Image.Image, number: int) -> bytes:
    """The image as PNG with a remark that no other has, so that it is a plot of its own."""
    remark, data = PngImagePlugin.PngInfo(), io.BytesIO()
    remark.add_text("number", f"{os.getpid()} {number}")
    image.save(data, "PNG", pnginfo=remark, compress_level=1)
    return data.getvalue()
