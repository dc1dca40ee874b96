"""Options of `a2s dub` for the package for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PackageFile = Annotated[
    Path | None,
    typer.Option("--package", metavar="ZIP", help="Package for editors: sound, stems, timelines and markers."),
]
PackageNames = Annotated[
    str,
    typer.Option("--package-names", metavar="plain|ucs", help="File names in the package: plain, or UCS categories."),
]
PackageHandles = Annotated[
    float,
    typer.Option("--package-handles", metavar="S", help="Seconds of sound before and after the film in the package."),
]
PackageTwoPop = Annotated[
    bool, typer.Option("--package-two-pop", help="A tone of one frame, two seconds before the film, in the package.")
]
PackagePicture = Annotated[bool, typer.Option("--package-picture", help="Copy the film into the package.")]
PackageStart = Annotated[
    str | None,
    typer.Option(
        "--package-start",
        metavar="TC",
        help="Timecode of the first frame in the package. Default: the film's own, or 01:00:00:00.",
        show_default=False,
    ),
]
