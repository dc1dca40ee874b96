"""Packages for editors: the sound of a take with timelines and markers that editing programs import.

`write_package` writes one. `check_package` and, once the film is known, `check_start` refuse a wrong request before any
work.
"""

from a2s.editors.options import PackageOptions
from a2s.editors.package import check_package, write_package
from a2s.editors.timeline import check_start

__all__ = ["PackageOptions", "check_package", "check_start", "write_package"]
