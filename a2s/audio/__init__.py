"""Sound as numbers: mel spectrograms, onsets, levels, loudness."""

from a2s.audio.mel import compress, expand, griffin_lim, mel_spectrogram, pad_frames

__all__ = ["compress", "expand", "griffin_lim", "mel_spectrogram", "pad_frames"]
