"""Memory and processor time of this process and of others."""

from __future__ import annotations

import os
import re
import resource
import sys
from pathlib import Path


def peak_mb(who: int) -> float:
    """Peak resident memory in MB. who: `resource.RUSAGE_SELF` or `resource.RUSAGE_CHILDREN`."""
    peak = resource.getrusage(who).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)  # macOS counts bytes, Linux KiB


def resident_mb(process: int) -> float | None:
    """Resident memory of a process in MB now. None where there is no /proc."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return round(int(found[1]) / 2**10, 1) if found else None


def cpu_seconds(process: int) -> float | None:
    """Processor time of all threads of a process in seconds. None where there is no /proc."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
