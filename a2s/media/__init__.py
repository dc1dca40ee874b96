"""Files in, files out. The only folder that touches PyAV, soundfile and pyloudnorm."""

from a2s.media import loudness
from a2s.media.audio import mix_under, read_comment, write_audio
from a2s.media.decode import read_audio, read_frames
from a2s.media.encode import encode_frames
from a2s.media.files import whole_file
from a2s.media.film import Film
from a2s.media.mux import mux
from a2s.media.probe import VideoInfo, probe

__all__ = [
    "Film",
    "VideoInfo",
    "encode_frames",
    "loudness",
    "mix_under",
    "mux",
    "probe",
    "read_audio",
    "read_comment",
    "read_frames",
    "whole_file",
    "write_audio",
]
