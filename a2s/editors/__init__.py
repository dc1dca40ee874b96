"""Packages for editors: the sound of a take with timelines and markers that editing programs import.

`write_package` is the only function that other parts call; `check_package` refuses a wrong request before any work.
"""

from a2s.editors.options import PackageOptions
from a2s.editors.package import check_package, write_package

__all__ = ["PackageOptions", "check_package", "write_package"]
