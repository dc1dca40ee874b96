"""Sentences for the user about a take: what was not done as asked, and what its sound lacks."""

from __future__ import annotations

from a2s.audio.loudness import MAX_GAIN_DB, MAX_LIMITING_DB, SILENCE_LUFS, Loudness
from a2s.settings import DubSettings

NEARLY_SILENT = -40.0
"""LUFS below which a dub is hardly audible at a usual volume: the noise floor of a quiet room."""

NOTED_LU = 0.5
"""Distance in LU from which a missed target is worth a sentence: EBU R 128 allows as much to a programme."""


def loudness_notes(settings: DubSettings, loudness: Loudness) -> tuple[str, ...]:
    """Why a loudness target is not reached; empty where it is, or where there is none. loudness: of the dub."""
    if settings.loudness is None or not loudness.held_by:
        return ()
    if loudness.held_by != "silence" and settings.loudness - loudness.lufs < NOTED_LU:
        return ()
    asked = f"The loudness target of {settings.loudness:g} LUFS is not reached"
    reached = f"the dub has {loudness.lufs:.1f} LUFS"
    if loudness.held_by == "silence":
        return (f"{asked}: the dub is silent.",)
    if loudness.compressed_db:
        return (f"{asked}: {reached}, because the compressor is at its limit.",)
    if loudness.held_by == "gain":
        return (f"{asked}: {reached}, because a gain above {MAX_GAIN_DB:g} dB would mostly raise noise.",)
    why = f"because more gain would cut its peaks by more than {MAX_LIMITING_DB:g} dB"
    return (f"{asked}: {reached}, {why}. Compression reaches more (--compress).",)


def silence_notes(cues: int, lufs: float) -> tuple[str, ...]:
    """What to do where a dub has no action or is nearly silent. cues: their number. lufs: of the dub."""
    level = "silent" if lufs <= SILENCE_LUFS else f"nearly silent, at {lufs:.0f} LUFS"
    quiet = lufs < NEARLY_SILENT
    if not cues:
        heard = f"The dub is {level}." if quiet else "Only the ambience sounds."
        return (f"No movement was found; add cues or raise the ambience. {heard}",)
    return (f"The dub is {level}; raise the strength of the cues or the ambience.",) if quiet else ()
