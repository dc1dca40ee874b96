"""Errors whose message is one sentence for the user. Any other exception is a bug."""

from __future__ import annotations


class A2SError(Exception):
    """The input or the request is at fault, and the message says how. Exit code 2; on the page, `gr.Error`."""


class UnreadableVideo(A2SError):
    """The file is not a video that a2s can read."""


class UnreadableAudio(A2SError):
    """The file is not a recording that a2s can read."""


class TooLarge(A2SError):
    """A limit (`a2s.settings.Limits`) is exceeded: size, duration, pixels, frames."""


class BadSettings(A2SError):
    """A setting is outside its range."""


class BadInput(BadSettings, ValueError):
    """An argument of a pipeline is outside its range; a ValueError, as users of diffusers expect."""


class BadCues(A2SError):
    """A cue file or a cue is not valid (`a2s.cues.cue` describes the format)."""


class BadAnswers(A2SError):
    """A file of listening-test answers is not valid."""


class BankError(A2SError):
    """An ambient bank is missing, damaged, or was built for another model."""


class WeightsMissing(A2SError):
    """A model folder is missing, incomplete or damaged."""


class BadCheckpoint(A2SError):
    """A checkpoint to import is unsafe, damaged, or of another model."""


class CannotFetch(A2SError):
    """A download failed."""


class CannotWrite(A2SError):
    """A file or folder cannot be written."""


class OutOfMemory(A2SError):
    """A model needs more memory than is available."""


class DeviceLost(A2SError):
    """The device that a model runs on no longer answers."""


class Cancelled(A2SError):
    """The user cancelled the work."""
