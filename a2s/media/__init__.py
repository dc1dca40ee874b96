"""Files in, files out. The only folder that touches PyAV, soundfile and pyloudnorm.

Every function that reads a file of unknown origin (`probe_video`, `read_frames`, `read_audio`, `read_comment`,
`mux_soundtrack`, `Film`, the filmstrip) runs in a child process.
"""

from a2s.errors import UnreadableAudio, UnreadableVideo
from a2s.media import audio, decode
from a2s.media.audio import mix_under, write_audio
from a2s.media.child import isolated
from a2s.media.encode import encode_frames
from a2s.media.files import whole_file
from a2s.media.film import Film
from a2s.media.mux import mux_soundtrack
from a2s.media.probe import VideoInfo
from a2s.media.probe import probe_video as probe_here

probe_video = isolated(probe_here, UnreadableVideo)
read_frames = isolated(decode.read_frames, UnreadableVideo)
read_audio = isolated(decode.read_audio, UnreadableAudio)
read_comment = isolated(audio.read_comment, UnreadableAudio)

__all__ = [
    "Film",
    "VideoInfo",
    "encode_frames",
    "mix_under",
    "mux_soundtrack",
    "probe_video",
    "read_audio",
    "read_comment",
    "read_frames",
    "whole_file",
    "write_audio",
]
