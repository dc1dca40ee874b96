"""The settings of a dub as controls of the page, and back. ORDER says which controls there are."""

from __future__ import annotations

import math
from typing import Any

from a2s.dubbing.sound_settings import read_loudness, read_track
from a2s.errors import BadSettings
from a2s.settings import DubSettings

OFF, AUTO = "off", "auto"
"""A dropdown's keys for None, which gradio would show as an empty choice."""

ORDER = (
    "ambient",
    "seed",
    "takes",
    "first_take",
    "steps",
    "guidance_scale",
    "overlap_seconds",
    "original_audio",
    "loudness",
    "compress",
    "original_track",
    "start",
    "end",
)
"""The settings in the order in which the page sends them to handlers. The model's name comes last."""

EXAMPLES = {
    "ambient": ("Ambience", "0.35"),
    "seed": ("Seed", "7"),
    "takes": ("Takes", "2"),
    "first_take": ("First take no.", "1"),
    "steps": ("Quality (steps)", "12"),
    "guidance_scale": ("How closely it follows the cues", "2.5"),
    "overlap_seconds": ("Window overlap", "0.5"),
    "original_audio": ("Original audio", "-12"),
    "loudness": ("Loudness", "-14"),
    "compress": ("Compress to reach the target", "off"),
    "original_track": ("Original track", "1"),
    "start": ("Only from", "2.5"),
    "end": ("to", "10"),
}
"""Name on the page and an allowed value, for error messages."""

_OPTIONAL = ("original_audio", "loudness", "original_track", "start", "end")
_INTEGERS = ("seed", "takes", "first_take", "steps")

Value = Any  # Any: whatever a browser sends for a control


def read_settings(*values: Value) -> tuple[DubSettings, str]:
    """(settings, model) from the values of the controls; `dub` checks the ranges. Raises BadSettings.

    The page counts takes from 1, the settings from 0.
    """
    *numbers, model = values
    if len(numbers) != len(ORDER):
        raise BadSettings(f"There must be {len(ORDER)} settings, not {len(numbers)}. Reload the page.")
    read: dict[str, Any] = {name: _read(name, value) for name, value in zip(ORDER, numbers, strict=True)}
    if read["original_audio"] is None and read["start"] is None and read["end"] is None:
        read["original_track"] = None  # no track is kept
    return DubSettings(**read | {"first_take": read["first_take"] - 1}), str(model)


def control_values(settings: DubSettings) -> list[Value]:
    """What the controls of ORDER show for these settings."""
    values = settings.suited_to().to_dict() | {"first_take": settings.first_take + 1}
    return [_control_value(name, values[name]) for name in ORDER]


def choice_key(value: float | None) -> str:
    """A number, or None, as a key of a dropdown."""
    return OFF if value is None else f"{value:g}"


def _read(name: str, value: Value) -> float | int | str | bool | None:
    if name in _OPTIONAL and value in (None, "", OFF, AUTO):
        return None
    if name in ("start", "end") and value == 0:  # an emptied field of gradio may send 0
        return None
    if name == "loudness":
        return read_loudness(str(value), EXAMPLES[name][0])
    if name == "original_track":
        return read_track(str(value))
    if name == "compress" and isinstance(value, bool):
        return value
    try:
        plain = value.replace("\N{MINUS SIGN}", "-").replace(",", ".") if isinstance(value, str) else value
        number = math.nan if name == "compress" else int(plain) if name in _INTEGERS else float(plain)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        label, example = EXAMPLES[name]
        raise BadSettings(f"{label} must be a number, e.g. {example}.")
    return number


def _control_value(name: str, value: Value) -> Value:
    if name == "ambient":
        return round(value, 2)  # the resolution of the slider
    if name == "original_track":
        return AUTO if value is None else str(value)
    return choice_key(value) if name in ("original_audio", "loudness") else value
