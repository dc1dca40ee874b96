"""Ego4D-Sounds: its table of clips, and the clips as short files or as stretches of long videos.

Chen et al., "Action2Sound: Ambient-Aware Generation of Action Sounds from Egocentric Videos", ECCV 2024, section 3.5.
"""

from a2s.datasets.ego4d_sounds.files import clips_of
from a2s.datasets.ego4d_sounds.table import COLUMNS, Row, TablePart, plan_parts, read_part, read_rows, write_rows

__all__ = ["COLUMNS", "Row", "TablePart", "clips_of", "plan_parts", "read_part", "read_rows", "write_rows"]
