"""`a2s weights`: list, fetch, import and verify models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.options import AsJson
from a2s.cli.output import print_rows
from a2s.errors import BadSettings

weights_app = typer.Typer(help="List, fetch, import and verify models.")

Dtype = Annotated[str, typer.Option(help="Precision of the stored weights: float32, or float16 for half the size.")]


@weights_app.command("list")
def weights_list(as_json: AsJson = False) -> None:
    """List the known models and whether they are installed."""
    from a2s.weights import MODELS, hands, vocoder_note

    rows = []
    for model in MODELS.values():
        here = model.is_installed
        row = {"name": model.name, "here": here, "folder": str(model.folder), "about": model.about}
        rows.append(row | {"note": vocoder_note(model.name) if here else model.missing})
    here = hands.hands_installed()
    row = {"name": hands.NAME, "here": here, "folder": str(hands.hands_folder()), "about": hands.ABOUT}
    rows.append(row | {"note": hands.runtime_note() if here else hands.ADVICE})
    print_rows(
        rows,
        as_json,
        "{name:<10} {state:<10} {about}  ({folder})  {note}",
        state=lambda row: "installed" if row["here"] else "missing",
    )


@weights_app.command("fetch")
def weights_fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a model from `a2s weights list`.")],
    revision: Annotated[str, typer.Option(help="Branch, tag or commit of its repository.")] = "main",
    dtype: Dtype = "float32",
) -> None:
    """Download and import a published model or part. Needs the internet. An interrupted download resumes."""
    if name == "hands":
        from a2s.weights.hands import fetch_hands

        return _print_part(fetch_hands(_print_note))
    from a2s.weights.fetch import fetch_model

    _print_result(fetch_model(name, revision, dtype, on_message=_print_note))


@weights_app.command("import")
def weights_import(
    checkpoints: Annotated[
        list[Path],
        typer.Argument(
            metavar="CKPT...|hands FILE",
            help="The authors' checkpoint files, in any order; or the word hands and a mediapipe wheel or .task file.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the new model. Not for hands.", show_default=False)
    ] = None,
    dtype: Dtype = "float32",
) -> None:
    """Convert the authors' checkpoints into a model folder, or take the hand models out of a file."""
    if str(checkpoints[0]) == "hands":
        if len(checkpoints) != 2 or out is not None:
            raise BadSettings("`a2s weights import hands` takes one file and no --out.")
        from a2s.weights.hands import import_hands

        return _print_part(import_hands(checkpoints[1], _print_note))
    if out is None:
        raise BadSettings("`a2s weights import` needs the folder of the new model: --out FOLDER.")
    from a2s.weights.importing import import_release

    _print_result(import_release(checkpoints, out, dtype, on_message=_print_note))


@weights_app.command("verify")
def weights_verify(model: Annotated[str, typer.Argument(metavar="NAME|DIR")]) -> None:
    """Check the files of a model against their checksums."""
    from a2s.weights import verify

    found = verify(model)
    compared = "checksums match" if found.compared else "complete, no checksums to compare"
    print(f"{found.folder}: {found.files} files, {found.bytes / 1e6:.1f} MB, {compared}, sha256 {found.checksum}")


def _print_note(text: str) -> None:
    print(text, file=sys.stderr)


def _print_part(folder: Path) -> None:
    from a2s.weights.hands import runtime_note

    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {size / 1e6:.1f} MB. {runtime_note()}".rstrip())


def _print_result(folder: Path) -> None:
    from a2s.weights import model_files, vocoder_note

    size = sum(path.stat().st_size for path in model_files(folder))
    print(f"{folder}: {size / 1e6:.1f} MB. {vocoder_note(folder)}".rstrip())
    _print_note(
        f"To let it choose ambiences, run `a2s bank build assets/ambient -o {folder / 'ambient'} --model {folder}`."
        " Clips given with --ambient-clip need no bank."
    )
