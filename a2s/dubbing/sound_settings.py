"""Settings of the sound as people type them, on the command line and on the page."""

from __future__ import annotations

from a2s.errors import BadSettings
from a2s.settings import LOUDNESS_PRESETS

PRESETS = ", ".join(f"{name} ({lufs:g})" for name, lufs in LOUDNESS_PRESETS.items())


def read_loudness(text: str, name: str = "--loudness") -> float | None:
    """A target in LUFS from the name of a preset or a number ("-16", "-14,5 LUFS"); None for off.

    name: of the setting, for the message. Raises BadSettings.
    """
    plain = text.strip().lower().replace("\N{MINUS SIGN}", "-").replace(",", ".")
    plain = plain.removesuffix("lufs").removesuffix("lkfs").removesuffix("lu").rstrip()
    if plain == "off":
        return None
    try:
        return LOUDNESS_PRESETS[plain] if plain in LOUDNESS_PRESETS else float(plain)
    except ValueError:
        raise BadSettings(
            f"{name} must be {PRESETS}, off, or a number of LUFS such as -18, not {text[:40]!r}."
        ) from None


def read_track(text: str | None) -> int | str | None:
    """A sound track's number, or its title or language."""
    return int(text) if text and text.strip().isdecimal() else text
