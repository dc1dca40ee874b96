"""Read and write media files. The only folder that uses PyAV and moviepy.

Every function that reads an untrusted file (`probe_video`, `read_frames`, `read_audio`, `read_comment`,
`read_start_timecode`, `mux_soundtrack`, `Film`, `filmstrip.write_filmstrip`) runs in a child process with limits
(`a2s.media.child`).
"""

from a2s.errors import UnreadableAudio, UnreadableVideo
from a2s.media import audio, decode, film_origin, original, probe, start_timecode
from a2s.media.audio import SoundWriter, sound_steps, write_audio, write_sounds
from a2s.media.broadcast import Broadcast
from a2s.media.child import isolated
from a2s.media.encode import encode_frames
from a2s.media.film import Film
from a2s.media.mux import mux_soundtrack
from a2s.media.original import SoundStream
from a2s.media.probe import VideoInfo
from a2s.media.soundtrack import OriginalTrack, Soundtrack, Stretch, soundtrack_blocks
from a2s.media.streams import MuxReport, StreamOutcome

probe_video = isolated(probe.probe_video, UnreadableVideo)
read_frames = isolated(decode.read_frames, UnreadableVideo)
read_audio = isolated(decode.read_audio, UnreadableAudio)
read_start_timecode = isolated(start_timecode.start_timecode, UnreadableVideo)
read_film_origin = isolated(film_origin.film_origin, UnreadableVideo)
read_sound_streams = isolated(original.sound_streams, UnreadableVideo)
read_comment = isolated(audio.read_comment, UnreadableAudio)

__all__ = [
    "Broadcast",
    "Film",
    "MuxReport",
    "OriginalTrack",
    "SoundStream",
    "SoundWriter",
    "Soundtrack",
    "StreamOutcome",
    "Stretch",
    "VideoInfo",
    "encode_frames",
    "mux_soundtrack",
    "probe_video",
    "read_audio",
    "read_comment",
    "read_film_origin",
    "read_frames",
    "read_sound_streams",
    "read_start_timecode",
    "sound_steps",
    "soundtrack_blocks",
    "write_audio",
    "write_sounds",
]
