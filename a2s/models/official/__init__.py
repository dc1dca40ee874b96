"""The networks of the released Action2Sound model. Weights have the names of the authors' files."""

from a2s.models.official.av_sim import OfficialAVSim
from a2s.models.official.conditioner import OfficialConditioner
from a2s.models.official.hifigan import HiFiGAN
from a2s.models.official.picture_vae import PictureVAE
from a2s.models.official.space_time import SpaceTimeTransformer

__all__ = ["HiFiGAN", "OfficialAVSim", "OfficialConditioner", "PictureVAE", "SpaceTimeTransformer"]
