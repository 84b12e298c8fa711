"""Signals become a flag; handlers come back."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from spatial_mae.training import signals
from spatial_mae.training.signals import STOPPING, StopRequest


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_sets_the_flag(number):
    with StopRequest() as stop:
        assert not stop.requested
        os.kill(os.getpid(), number)
        assert stop.requested and stop.name == signal.Signals(number).name


def test_a_later_second_interrupt_is_not_held_back_but_an_echo_is(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(signals.time, "monotonic", lambda: now[0])
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested
        now[0] = 101.5
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_after_another_signal_only_sets_the_flag():
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested


def test_former_handlers_come_back_also_after_an_exception():
    before = [signal.getsignal(number) for number in STOPPING]
    with pytest.raises(OSError), StopRequest():
        assert [signal.getsignal(number) for number in STOPPING] != before
        raise OSError
    assert [signal.getsignal(number) for number in STOPPING] == before


def test_outside_the_main_thread_nothing_happens():
    seen = []

    def work():
        with StopRequest() as stop:
            seen.append((stop.requested, signal.getsignal(signal.SIGTERM)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, signal.getsignal(signal.SIGTERM))]


def test_after_the_block_a_process_dies_of_the_signal_again():
    code = (
        "import os, signal\n"
        "from spatial_mae.training.signals import StopRequest\n"
        "with StopRequest() as stop: os.kill(os.getpid(), signal.SIGTERM)\n"
        "assert stop.requested\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGTERM
