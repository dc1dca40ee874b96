"""Options of `a2s dub` for the package for editors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a2s.errors import BadSettings

if TYPE_CHECKING:
    from a2s.editors import PackageOptions

PackageFile = Annotated[
    Path | None,
    typer.Option(
        "--package", metavar="ZIP", help="Package for editors: sound, timelines, markers; a folder for several."
    ),
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


def read_package_options(package: Path | None, **values: Any) -> PackageOptions | None:
    """The options of a package, or None where none is wanted.

    values: of `PackageOptions`. Raises BadSettings for an option without a package.
    """
    if package is None:
        defaults = {"names": "plain", "handles": 0.0, "two_pop": False, "picture": False, "start": None}
        given = [name for name, value in values.items() if value != defaults[name]]
        if given:
            raise BadSettings(f"--package-{given[0].replace('_', '-')} needs --package ZIP.")
        return None
    from a2s.editors import PackageOptions  # keeps `a2s --help` fast: numpy

    return PackageOptions(**values)
