"""Torch modules. All are diffusers models: made from a configuration, saved as safetensors."""

from a2s.models.av_sim import AVSim, info_nce
from a2s.models.conditioner import Conditioner
from a2s.models.griffin_lim import GriffinLim
from a2s.models.mel_vae import MelVAE
from a2s.models.video_encoder import VideoEncoder, model_inputs
from a2s.models.vocoder import Vocoder

__all__ = ["AVSim", "Conditioner", "GriffinLim", "MelVAE", "VideoEncoder", "Vocoder", "info_nce", "model_inputs"]
