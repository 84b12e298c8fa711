"""Snakemake that looks at its SLURM jobs every second.

The executor plugin itself waits 10 s longer after each look, up to 180 s, also before it ends.
"""

import sys

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

RemoteExecutor.next_seconds_between_status_checks = property(lambda _: 1.0, lambda _, value: None)
sys.exit(main())
