"""The settings of a dub as controls of the page, and back: one table says what there is, in which order."""

from __future__ import annotations

from a2s.errors import BadSettings
from a2s.settings import DubSettings

OFF = "off"
"""What a choice of the page says for None, which gradio would show as nothing chosen."""

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
)
"""The settings in the order in which the page hands them to handlers; the model's name comes last."""

_WHOLE = ("seed", "takes", "first_take", "steps")


def read_settings(*values) -> tuple[DubSettings, str]:
    """(settings, model) of what the controls say, or a caller of the API; `dub` judges ranges. Raises BadSettings.

    The page counts takes from 1, the settings from 0.
    """
    *numbers, model = values
    try:
        read = {name: _read(name, value) for name, value in zip(ORDER, numbers, strict=True)}
        return DubSettings(**read | {"first_take": read["first_take"] - 1}), str(model)
    except (TypeError, ValueError, OverflowError):
        raise BadSettings("Every setting must be a number.") from None


def shown(settings: DubSettings) -> list:
    """What the controls of ORDER show for these settings."""
    values = settings.suited_to().to_dict() | {"first_take": settings.first_take + 1}
    return [_show(name, values[name]) for name in ORDER]


def choice(value: float | None) -> str:
    """A number, or None, as one of a choice's keys."""
    return OFF if value is None else f"{value:g}"


def _read(name: str, value) -> float | int | None:
    if name in ("original_audio", "loudness"):
        return None if value in (None, OFF) else float(value)
    return int(value) if name in _WHOLE else float(value)


def _show(name: str, value):
    if name == "ambient":
        return round(value, 2)  # as finely as the slider goes: a third of the place is not read in 16 digits
    return choice(value) if name in ("original_audio", "loudness") else value
