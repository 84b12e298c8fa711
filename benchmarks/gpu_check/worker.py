"""The process that works: it looks at torch, the GPU and the images, then runs the parts."""

import argparse
import faulthandler
import importlib
import os
import platform
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from benchmarks.gpu_check.supervisor import LOG, SHARES, USAGE

LEAST_TORCH = (2, 11)
LAST_SECONDS = 5.0
"""Kept free at the end, to end cleanly."""


class Refused(Exception):
    """The check cannot start, and why."""


def work(arguments: argparse.Namespace) -> int:
    """Run the parts that are left; the exit status is 2 if nothing can be run."""
    with _logged(arguments.out / LOG):
        try:
            torch_version = check_torch()
            gpu = check_gpu()
            images = _images(arguments.data)
        except Refused as reason:
            print(f"gpu_check: {reason}", file=sys.stderr)
            return USAGE
        if not gpu:
            print("no GPU that torch can use: tiny sizes on the CPU", flush=True)
        _run(arguments, torch_version, gpu, images)
    return 0


def check_torch() -> str:
    """torch's version. Raises Refused if there is none, or too old a one."""
    least = ".".join(map(str, LEAST_TORCH))
    try:
        import torch
    except ImportError as error:
        raise Refused(f"needs torch {least} or newer, and finds none ({error})") from error
    numbers = tuple(int(number) for number in re.findall(r"\d+", torch.__version__)[:2])
    if numbers < LEAST_TORCH:
        raise Refused(f"torch {torch.__version__} is too old: {least} or newer is needed")
    return torch.__version__


def check_gpu() -> bool:
    """Whether there is a GPU. Raises Refused if there is one that this torch cannot use."""
    import torch

    if not torch.cuda.is_available():
        return False
    try:
        _try_kernel()
    except Exception as error:
        major, minor = torch.cuda.get_device_capability()
        raise Refused(
            f"{torch.cuda.get_device_name()} (compute capability {major}.{minor}) cannot be used: "
            f"{str(error).strip().partition(chr(10))[0]}. This torch {torch.__version__} has "
            f"kernels for {', '.join(torch.cuda.get_arch_list()) or 'no GPU'}: install one for "
            "that card, or hide it with CUDA_VISIBLE_DEVICES= to check on the CPU"
        ) from error
    return True


def _try_kernel() -> None:
    import torch

    ones = torch.ones(8, device="cuda") + 1
    if float(ones.sum()) != 16:
        raise RuntimeError("a sum of eight twos is not 16 there")


def _images(path: Path | None) -> object:
    from benchmarks.gpu_check import data

    try:
        return data.read(path) if path is not None else None
    except ValueError as error:
        raise Refused(f"--data {error}") from error


def _run(arguments: argparse.Namespace, version: str, gpu: bool, images: object) -> None:
    import torch

    from benchmarks.gpu_check.context import PAPER, TINY, Context
    from benchmarks.gpu_check.report import Report, unexpected

    tiny = arguments.quick or not gpu
    device = torch.device("cuda", 0) if gpu else torch.device("cpu")
    if tiny:
        torch.set_num_threads(1)  # threads that share cores with others would wait for each other
    report = Report(arguments.out, _header(version, gpu, tiny), fresh=arguments.after is None)
    with tempfile.TemporaryDirectory(prefix="gpu-check-") as scratch:
        context = Context(
            device, TINY if tiny else PAPER, images, Path(scratch), arguments.out.resolve()
        )
        names = list(SHARES)
        context.mode = report.kept("race").get("mode")
        for name in names[names.index(arguments.after) + 1 :] if arguments.after else names:
            _run_part(name, context, report, arguments.work_until - LAST_SECONDS)
    bad = unexpected({"parts": report.parts})
    print(f"{len(bad)} not as expected{': ' if bad else ''}{'; '.join(bad)}")
    print(f"report: {arguments.out / 'gpu-check.md'}", flush=True)


def _run_part(name: str, context, report, ends: float) -> None:
    """One part within its share of the time that is left."""
    from benchmarks.gpu_check.context import within
    from benchmarks.gpu_check.report import OutOfTime, answers, last_lines

    names = list(SHARES)
    shares = [SHARES[other] for other in names[names.index(name) :]]
    now = time.time()
    context.ends = now + max(0.0, ends - now) * shares[0] / sum(shares)
    module = importlib.import_module(f"benchmarks.gpu_check.{name}")
    part = report.begin(name, module.__doc__.partition("\n")[0], context.ends)
    print(f"== {name}: {context.left:.0f} s", flush=True)
    function = module.race if name == "race" else module.run
    try:
        with within(context.left):
            status = function(context, part)
        part.end(status or "done")
    except OutOfTime:
        part.end("out of time", "not all of it was done in its share of the time")
        if name != names[-1]:
            sys.exit(1)  # stopped anywhere, perhaps in an import: a new process continues
    except Exception as error:
        traceback.print_exc()
        part.end("failed", last_lines(error))
        if not answers():
            sys.exit(1)


def _header(version: str, gpu: bool, tiny: bool) -> dict[str, object]:
    import numpy
    import torch

    from benchmarks.hardware import processor
    from spatial_mae.provenance import fingerprint

    facts = {"device": "CPU"}
    if gpu:
        found = torch.cuda.get_device_properties(0)
        name = f"{found.name}, {found.total_memory / 2**30:.0f} GiB"
        facts = {"device": f"{name}, compute capability {found.major}.{found.minor}"}
    return facts | {
        "sizes": "tiny" if tiny else "the paper's",
        "processor": f"{os.cpu_count()} cores, {platform.machine()}, {processor()}",
        "software": f"Python {platform.python_version()}, torch {version}, "
        f"CUDA {torch.version.cuda}, numpy {numpy.__version__}, {_others()}",
        "code": f"{fingerprint('pretrain_mae')} (of pretraining)",
        "system": platform.platform(),
        "began": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
    }


def _others() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    found = []
    for name in ("triton", "torchvision", "transformers", "scipy"):
        try:
            found.append(f"{name} {version_of(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


class _Tee:
    """Writes to two streams; no terminal, so that nothing draws bars into the log."""

    def __init__(self, *streams: TextIO) -> None:
        self.streams = streams

    def write(self, text: str) -> int:
        for stream in self.streams:
            stream.write(text)
        return len(text)

    def flush(self) -> None:
        for stream in self.streams:
            stream.flush()

    def isatty(self) -> bool:
        return False


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Copy all that is printed to the file; also where the program was if it crashes."""
    with path.open("a", encoding="utf-8", buffering=1) as log:
        faulthandler.enable(log)
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Tee(before[0], log), _Tee(before[1], log)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
            faulthandler.disable()
