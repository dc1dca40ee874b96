"""Run items of work on workers: a Ray Data pipeline with an actor pool, or this process alone.

Ray distributes the items. It restarts a worker that dies and runs its items on another one; the store skips finished
items. Workers write outputs to files, so the driver and Ray's object store hold short results only.
"""

from __future__ import annotations

import json
import logging
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from a2s import errors
from a2s.errors import A2SError, BadSettings
from a2s.scale.store import Item, Result, Store

MAX_BLOCKS = 10_000
"""Blocks of items at most; a block is what Ray assigns to a worker at a time."""

DRIVER_SHARE = 0.25
"""Share of one core that is left to Ray's own tasks on this machine. Workers that ask for all cores starve them."""

STORE_BYTES = 128 * 2**20
"""Ray's object store on this machine: items and results are short."""

Run = Callable[[Item], dict[str, Any]]
"""The work on one item: writes its outputs, each atomically, and returns facts as JSON values."""


class Work(Protocol):
    """A kind of work: plain data that travels to the workers."""

    def open(self) -> Run:
        """Load models, once per worker. Raises A2SError."""


@dataclass(frozen=True)
class Workers:
    """count: of processes; 0 works in this process, without Ray. address: of a Ray cluster; None starts Ray here.

    cpus, gpus: that each asks for; cpus None shares this machine's cores among them, or takes one on a cluster.
    threads: of torch in each.
    """

    count: int = 1
    address: str | None = None
    cpus: float | None = None
    gpus: float = 0.0
    threads: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.count <= 10_000:
            raise BadSettings(f"--workers must be from 0 to 10000, not {self.count}.")
        if self.count == 0 and self.address:
            raise BadSettings("--workers 0 works in this process; it cannot be combined with --address.")

    def cpus_each(self, cores: float) -> float:
        """Cores that each worker asks for. cores: of this machine."""
        if self.cpus is not None:
            return self.cpus
        if self.address:
            return float(self.threads)
        return max(0.01, min(float(self.threads), round((cores - DRIVER_SHARE) / max(1, self.count), 2)))


@dataclass
class Summary:
    """Items by outcome. busy: seconds that workers spent; wall: seconds of the run."""

    done: int = 0
    repeated: int = 0
    failed: int = 0
    bugs: int = 0
    busy: float = 0.0
    wall: float = 0.0

    def count(self, result: Result) -> None:
        """Count a result."""
        self.repeated += result.repeated
        self.done += not (result.error or result.repeated)
        self.failed += bool(result.error) and not result.repeated
        self.bugs += result.bug and not result.repeated
        self.busy += 0.0 if result.repeated else result.seconds


OnResult = Callable[[Result, int, int], object]
"""Called with each new result, the number of finished items and the number of all."""


def run(
    items: Iterable[Item], work: Work, store: Store, workers: Workers, on_result: OnResult = lambda *_: None
) -> tuple[list[Result], Summary]:
    """Run all items that are not finished. Returns a result per item, in their order, and the summary.

    An item that fails is recorded and the others run. Raises what `work.open` raises, and BadSettings without Ray.
    """
    begin, items = time.perf_counter(), list(items)
    store.forget_attempts()  # of an earlier run, which may have been stopped on purpose
    found = {item.key: store.result(item) for item in items}
    summary = Summary()
    for result in found.values():
        if result is not None:
            summary.count(result)
    waiting = list({item.key: item for item in items if found[item.key] is None}.values())
    finished, total = len(found) - len(waiting), len(found)
    if waiting:
        results = _run_here(waiting, work, store) if workers.count == 0 else _run_on_ray(waiting, work, store, workers)
        for result in results:
            found[result.key] = result
            summary.count(result)
            finished += 1
            on_result(result, finished, total)
    summary.wall = time.perf_counter() - begin
    return [each for item in items if (each := found[item.key]) is not None], summary


def perform(item: Item, run_item: Run, store: Store) -> Result:
    """One item on a worker: its stored result, or the work and its record."""
    result = store.result(item)
    if result is not None:
        return result
    begin = time.perf_counter()
    if not store.begin(item):
        result = Result(item.key, item.name, {}, error="It ended its worker again and again.", bug=True)
        store.finish(result)
        return result
    facts: dict[str, Any] = {}
    error, bug = "", False
    try:
        facts = run_item(item)
    except A2SError as fault:
        error = str(fault)
    except Exception as fault:  # one item must not end a run of thousands; the record and stderr name it
        traceback.print_exc()
        error, bug = f"{type(fault).__name__}: {fault}", True
    result = Result(item.key, item.name, facts, round(time.perf_counter() - begin, 3), error, bug)
    store.finish(result)
    return result


def _run_here(items: list[Item], work: Work, store: Store) -> Iterator[Result]:
    run_item = work.open()
    for item in items:
        yield perform(item, run_item, store)


class _Worker:
    """A Ray actor: opens the work once, then takes batches of one item."""

    def __init__(self, work: Work, folder: str) -> None:
        self.store, self.refused = Store(Path(folder)), ""
        try:
            self.run_item = work.open()
        except A2SError as error:  # Ray would start this worker again and again
            self.refused = json.dumps({"refused": type(error).__name__, "message": str(error)})

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        if self.refused:
            return {"result": [self.refused] * len(batch["item"])}
        items = [Item(**json.loads(text)) for text in batch["item"]]
        results = [perform(item, self.run_item, self.store) for item in items]
        return {"result": [json.dumps(asdict(result)) for result in results]}


def _run_on_ray(items: list[Item], work: Work, store: Store, workers: Workers) -> Iterator[Result]:
    """Yield results in the order in which they are ready."""
    ray = _start_ray(workers)
    try:
        cores = float(ray.cluster_resources().get("CPU", 1))
        texts = [{"item": json.dumps(asdict(item))} for item in items]
        data = ray.data.from_items(texts, override_num_blocks=min(len(texts), MAX_BLOCKS))
        count = min(workers.count, len(items))
        pool = data.map_batches(
            _Worker,
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=2),
            num_cpus=workers.cpus_each(cores),
            num_gpus=workers.gpus,
            fn_constructor_args=(work, str(store.folder.absolute())),
        )  # Ray Data restarts a dead worker and repeats its blocks without a limit; the store has one
        for row in pool.iter_rows():
            values = json.loads(row["result"])
            if "refused" in values:
                raise getattr(errors, values["refused"])(values["message"])
            yield Result(**values)
    finally:
        if workers.address is None:
            ray.shutdown()


def _start_ray(workers: Workers) -> Any:
    """Connect to the cluster, or start Ray on this machine. Nothing leaves it: Ray's usage report is off."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # workers without a GPU keep what they see
    try:
        import ray
        import ray.data
    except ImportError:
        raise BadSettings("Ray is not installed; `pip install 'a2s[scale]'` installs it.") from None
    variables = {"OMP_NUM_THREADS": str(workers.threads)}  # torch and OpenBLAS read it when they are imported
    here: dict[str, Any] = {}
    if workers.address is None:
        root = str(Path(__file__).resolve().parents[2])
        variables["PYTHONPATH"] = os.pathsep.join(path for path in (root, os.environ.get("PYTHONPATH")) if path)
        here = {"object_store_memory": STORE_BYTES, "include_dashboard": False}
    if not ray.is_initialized():
        try:
            ray.init(
                address=workers.address or "local",
                runtime_env={"env_vars": variables},
                configure_logging=True,
                logging_level="ERROR",
                log_to_driver=False,
                **here,
            )
        except Exception as error:  # Ray raises a bare Exception where a node does not start in time
            where = f"at {workers.address} cannot be reached" if workers.address else "cannot be started"
            raise BadSettings(f"Ray {where}: {' '.join(str(error).split())[:200]}") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    return ray
