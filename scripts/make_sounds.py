"""Make the sounds of alerts: resources/sounds/*.wav, short tones of our own, mono, 16 bit, 22,050 Hz.

Falling tones that cut through the hum of a control room without hurting: no square edges, 700 to 1,400 Hz.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 22_050
INTO = Path(__file__).resolve().parent.parent / "resources" / "sounds"

SOUNDS: dict[str, tuple[tuple[float, float], ...]] = {
    "alarm": ((1320, 0.16), (990, 0.16), (0, 0.08), (1320, 0.16), (990, 0.16), (0, 0.08), (1320, 0.16), (990, 0.30)),
    "warning": ((880, 0.20), (0, 0.06), (740, 0.34)),
    "information": ((880, 0.24),),
}
"""Frequency in Hz (0: silence) and seconds, one tone after the other."""


def tone(frequency: float, seconds: float) -> NDArray[np.float64]:
    """A tone with two overtones, -1 to 1, that swells within 8 ms and fades out."""
    at = np.arange(round(RATE * seconds)) / RATE
    if not frequency:
        return np.zeros_like(at)
    sound = sum(share * np.sin(2 * np.pi * frequency * k * at) for k, share in ((1, 0.75), (2, 0.18), (3, 0.07)))
    swell = np.minimum(1, at / 0.008) * np.minimum(1, (seconds - at) / 0.05)
    return np.asarray(0.8 * sound * swell)


def main() -> None:
    """Write them all."""
    INTO.mkdir(exist_ok=True)
    for name, tones in SOUNDS.items():
        samples = np.concatenate([tone(*one) for one in tones])
        with wave.open(str(INTO / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.rint(samples * 32_767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
