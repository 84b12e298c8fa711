"""The entry point of pretraining in a process of its own, for tests that stop or kill it."""

import multiprocessing
import os
import time
from pathlib import Path

from spatial_mae.cli.pretrain_mae import main


def in_its_own_group(arguments):
    os.setsid()
    main(arguments)


def started(arguments, target=main):
    """The entry point in a process of its own, from a server that has imported it already."""
    context = multiprocessing.get_context("forkserver")
    # The second is imported, slowly, by the first optimiser.
    context.set_forkserver_preload(["spatial_mae.cli.pretrain_mae", "torch._dynamo"])
    process = context.Process(target=target, args=(arguments,))
    process.start()
    return process


def wait_for(path, process):
    """Until the run has something to continue from: earlier kills only start it again."""
    while not path.exists() and process.is_alive():
        time.sleep(0.01)


def workers(pid):
    """Process ids of the workers of a started run."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def kill_a_worker(pid, number):
    os.kill(workers(pid)[1], number)
