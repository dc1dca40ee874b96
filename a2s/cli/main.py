"""The command line program: its commands, its errors and its exit codes.

Exit codes: 0 done; 2 the input or the request is at fault, with one line on stderr and nothing written; 1 a bug, or a
failed `bench --soak`; 130 stopped with Ctrl-C.

Commands import torch and other large libraries inside their functions. This keeps `a2s --help` and error messages fast.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Annotated

import typer

from a2s._version import __version__
from a2s.cli.bank import bank_app
from a2s.cli.bench import bench_command
from a2s.cli.cues import cues_command
from a2s.cli.dub import dub_command
from a2s.cli.evaluate import evaluate_command
from a2s.cli.judges import train_judge_command
from a2s.cli.options import LIMITS_EPILOG
from a2s.cli.retrieve import retrieve_command
from a2s.cli.scale import scale_app
from a2s.cli.score import score_command
from a2s.cli.train import train_app
from a2s.cli.weights import weights_app
from a2s.cli.world import world_app
from a2s.errors import A2SError, Cancelled
from a2s.log import Request, to_stderr
from a2s.settings import Limits

LOG_JSON = "--log-json"
STOPPED = 130

# Without rich, help is plain text. Importing rich would double the time of `a2s --help`.
app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.command("dub", epilog=LIMITS_EPILOG)(dub_command)
app.command("cues", epilog=LIMITS_EPILOG)(cues_command)
app.command("retrieve", epilog=LIMITS_EPILOG)(retrieve_command)
app.add_typer(bank_app, name="bank")
app.add_typer(weights_app, name="weights")
app.add_typer(world_app, name="world")
train_app.command("judge")(train_judge_command)
app.add_typer(train_app, name="train")
app.command("evaluate")(evaluate_command)
app.command("score")(score_command)
app.add_typer(scale_app, name="scale")
app.command("bench")(bench_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"a2s {__version__}")
        raise typer.Exit


@app.callback()
def options(
    log_json: Annotated[bool, typer.Option(LOG_JSON, help="Log to stderr as JSON, one object per line.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Generate the sound of a silent video: what the hands do, and the ambience around them."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. arguments: without the program's name; None takes `sys.argv`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if LOG_JSON in arguments:  # allowed before and after the command
        return _run_logged([argument for argument in arguments if argument != LOG_JSON])
    return _run(arguments, lambda message: print(f"a2s: {message}", file=sys.stderr))


def _run_logged(arguments: list[str]) -> int:
    """Run one command. The log line of its end is a JSON object, the only output on stderr."""
    to_stderr(as_json=True)
    messages: list[str] = []
    request = Request(arguments[0] if arguments else "help")
    try:
        with request.current():
            code = _run(arguments, messages.append)
    except Exception as error:
        request.finish(error)
        return 1
    outcomes = {2: A2SError(), STOPPED: Cancelled()}
    facts: dict[str, object] = {"message": messages[0]} if messages else {}
    request.finish(outcomes.get(code), logging.INFO, code=code, **facts)
    return code


def _run(arguments: list[str], report: Callable[[str], object]) -> int:
    """Run one command; the only place that turns errors into exit codes. report: receives the error message."""
    command = typer.main.get_command(app)
    if not sys.warnoptions:  # deprecation warnings between libraries do not concern the user
        warnings.simplefilter("ignore")
    try:
        limits = Limits()
        code = command.main(arguments or ["--help"], prog_name="a2s", standalone_mode=False, obj=limits) or 0
        if code == STOPPED:  # typer turns a KeyboardInterrupt into this code
            report("Stopped.")
        return code
    except A2SError as error:
        message = str(error)
    except (KeyboardInterrupt, typer.Abort):
        report("Stopped.")
        return STOPPED
    except BrokenPipeError:  # the reader of `a2s ... | head` has closed the pipe
        sys.stderr.close()
        return 0
    except Exception as error:
        if not hasattr(error, "format_message"):  # a usage error of typer has it, a bug does not
            raise
        message = error.format_message() or "A command is missing; `a2s --help` lists the commands."
    report(" ".join(message.split()))
    return 2
