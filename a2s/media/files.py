"""Former names of `a2s.io`, until every caller uses the new ones."""

from a2s.io import atomic_file as whole_file
from a2s.io import atomic_files as whole_files
from a2s.io import display_name as shown

__all__ = ["shown", "whole_file", "whole_files"]
