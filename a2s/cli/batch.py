"""The films of one `a2s dub`: one after another, with the model in memory, and a summary at the end."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from a2s.cli.output import note, print_table
from a2s.cli.targets import Target
from a2s.errors import A2SError, Cancelled
from a2s.io import display_name

if TYPE_CHECKING:
    from a2s.dubbing.take import Take
    from a2s.media import MuxReport


@dataclass(frozen=True)
class Done:
    """A dub that was written. writing: seconds that it took."""

    target: Target
    take: Take
    muxed: MuxReport | None
    writing: float

    def summary(self) -> str:
        """One line about it, and one about the film's streams."""
        recipe, report, take = self.take.recipe, self.take.report, self.take
        names = ", ".join(str(path) for path in self.target.outs)
        ignored = "" if recipe.uses_cues else " (this model does not use cues)"
        ambience = ", then ".join(repr(source.name) for source in recipe.ambience)
        settings = recipe.settings
        part = settings.start is not None or settings.end is not None
        end = take.duration if settings.end is None else settings.end
        dubbed = f" (dubbed from {settings.start or 0:g} s to {end:g} s)" if part else ""
        line = (
            f"{names}: {take.duration:.2f} s{dubbed}, {len(take.cues)} cues{ignored}, ambience {ambience} at"
            f" {settings.ambient:g}, {report.loudness.lufs:.1f} LUFS, made in"
            f" {sum(report.seconds.values()) + self.writing:.1f} s"
        )
        return "\n".join([line, *report.notes, *([self.muxed.sentences()] if self.muxed else [])])

    @property
    def picture(self) -> str:
        """What became of the picture."""
        return "-" if self.muxed is None else "copied" if self.muxed.picture_copied else "encoded"


def dub_all(targets: Sequence[Target], dub_one: Callable[[Target, str], Done]) -> None:
    """Dub every film. One that fails is reported, and the others are dubbed.

    dub_one: receives the files of a film and a text for the progress bar. Raises typer.Exit(2) where a film was at
    fault, typer.Exit(1) after a bug.
    """
    rows: list[tuple[str, ...]] = []
    code = 0
    for number, target in enumerate(targets, 1):
        name = display_name(target.video)
        try:
            done = dub_one(target, f"{number}/{len(targets)}")
        except Cancelled:
            raise
        except A2SError as error:
            code = code or 2
            note(f"{name}: {error}")
            rows.append((name, "failed", "", "", ""))
            continue
        except Exception as error:
            code = 1
            trace = "".join(traceback.format_exception(error)).rstrip()
            note(f"{name}: a bug stopped this film, the next one follows.\n{trace}", logging.ERROR)
            rows.append((name, "failed", "", "", ""))
            continue
        take = done.take
        for sentence in take.report.notes:
            note(f"{name}: {sentence}")
        note(f"{name}: {number} of {len(targets)}, {display_name(done.target.outs[0])}", logging.INFO)
        rows.append(
            (
                display_name(done.target.outs[0]),
                f"{take.duration:.2f}",
                str(len(take.cues)),
                f"{take.report.loudness.lufs:.1f}",
                done.picture,
            )
        )
    print_table(("file", "seconds", "cues", "LUFS", "picture"), rows)
    if code:
        raise typer.Exit(code)
