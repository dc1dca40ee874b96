"""Errors whose message is one sentence for a creator. Anything else that is raised is a bug."""

from __future__ import annotations


class A2SError(Exception):
    """The input or the request is at fault; the message says what to do. Exit code 2, or `gr.Error` on the page."""


class UnreadableVideo(A2SError):
    """The file is no video that a2s opens."""


class UnreadableAudio(A2SError):
    """The file is no recording that a2s opens."""


class TooLarge(A2SError):
    """A limit (`a2s.settings.Limits`) is passed: size, duration, pixels, frames."""


class BadSettings(A2SError):
    """A setting is outside its range."""


class BadInput(BadSettings, ValueError):
    """An argument of a pipeline is outside its range; a ValueError, as users of diffusers expect."""


class BadCues(A2SError):
    """A cue file that does not say what a cue file says."""


class BadAnswers(A2SError):
    """Answers of a listening test that are none."""


class BankError(A2SError):
    """An ambient bank is missing, damaged, or was built for another model."""


class WeightsMissing(A2SError):
    """A model folder is missing, incomplete or damaged."""


class BadCheckpoint(A2SError):
    """A checkpoint to be imported is unsafe, damaged, or not of the model that it should be."""


class CannotFetch(A2SError):
    """What was to be downloaded cannot be."""


class CannotWrite(A2SError):
    """The result cannot be stored where it was asked for."""


class OutOfMemory(A2SError):
    """A model needs more memory than there is."""


class DeviceLost(A2SError):
    """The graphics card that a model runs on does not answer any more."""


class Cancelled(A2SError):
    """The creator pressed cancel."""
