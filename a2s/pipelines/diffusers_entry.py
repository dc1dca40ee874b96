"""For `DiffusionPipeline.from_pretrained`, which knows only the pipelines inside diffusers.

It loads this class with `custom_pipeline=a2s.pipelines.diffusers_entry.__file__, trust_remote_code=True`.
"""

from a2s.pipelines.avldm import AVLDMPipeline

__all__ = ["AVLDMPipeline"]
