"""`python -m a2s weights`: list, fetch, import and verify models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.output import AsJson, print_rows

weights_app = typer.Typer(help="Models and their files.")

Dtype = Annotated[str, typer.Option(help="Precision of the stored weights: float32, or float16 at half the size.")]


@weights_app.command("list")
def weights_list(as_json: AsJson = False) -> None:
    """List the models that a2s knows, and whether they are here."""
    from a2s.weights.registry import INDEX, MODELS, vocoder_note

    rows = []
    for model in MODELS.values():
        here = (model.folder / INDEX).is_file()
        row = {"name": model.name, "here": here, "folder": str(model.folder), "about": model.about}
        rows.append(row | {"note": vocoder_note(model.name) if here else model.missing})
    print_rows(
        rows,
        as_json,
        "{name:<10} {state:<8} {about}  ({folder})  {note}",
        state=lambda row: "here" if row["here"] else "missing",
    )


@weights_app.command("fetch")
def weights_fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model that `weights list` names.")],
    revision: Annotated[str, typer.Option(help="Branch, tag or commit of its repository.")] = "main",
    dtype: Dtype = "float32",
) -> None:
    """Download a model's published files and import them; needs the internet. Goes on where it broke off."""
    from a2s.weights.fetch import fetch

    _say_done(fetch(name, revision, dtype, tell=_tell))


@weights_app.command("import")
def weights_import(
    checkpoints: Annotated[
        list[Path], typer.Argument(metavar="CKPT...", help="The authors' files; each is known by its content.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The model's folder.", show_default=False)],
    dtype: Dtype = "float32",
) -> None:
    """Make a model folder of the authors' checkpoints."""
    from a2s.weights.importing import import_release

    _say_done(import_release(checkpoints, out, dtype, tell=_tell))


@weights_app.command("verify")
def weights_verify(model: Annotated[str, typer.Argument(metavar="NAME|DIR")]) -> None:
    """Check a model's files against their checksums."""
    from a2s.weights.registry import verify

    found = verify(model)
    compared = "checksums agree" if found.compared else "whole, but without checksums to compare with"
    print(f"{found.folder}: {found.files} files, {found.bytes / 1e6:.1f} MB, {compared}, sha256 {found.checksum}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _say_done(folder: Path) -> None:
    from a2s.weights.registry import model_files, vocoder_note

    size = sum(path.stat().st_size for path in model_files(folder))
    print(f"{folder}: {size / 1e6:.1f} MB. {vocoder_note(folder)}".rstrip())
    _tell(
        f"`python -m a2s bank build assets/ambient -o {folder / 'ambient'} --model {folder}` lets it choose ambiences;"
        " a clip given with --ambient-clip needs no bank of its own."
    )
