"""One request is read ahead, by a thread, and never more."""

import threading
from functools import partial

import numpy as np
import pytest

from spatial_mae.training.reading_ahead import ReadAhead

SECONDS = 60  # until a test gives up waiting for a thread
FIRST, SECOND, THIRD, OTHER = (np.array([i, i + 1]) for i in range(4))


class Source:
    """Doubles numbers; notes what was read, and whether by the thread that asks."""

    def __init__(self):
        self.read, self.begun, self.hold = [], threading.Semaphore(0), threading.Event()
        self.hold.set()
        self.ahead = ReadAhead(lambda request: partial(self.double, request), "test")

    def double(self, request):
        alone = threading.current_thread() is threading.main_thread()
        self.read.append((int(request[0]), alone))
        self.begun.release()
        assert self.hold.wait(SECONDS)
        if request[0] < 0:
            raise OSError(f"image {request[0]} is broken")
        return 2 * request


@pytest.fixture
def source():
    found = Source()
    yield found
    found.hold.set()
    found.ahead.close()


def test_the_next_is_read_while_the_current_one_is_in_use(source):
    source.ahead.will_read([FIRST, SECOND, THIRD])
    for request in (FIRST, SECOND, THIRD):
        assert source.begun.acquire(timeout=SECONDS)  # before it is asked for
        assert np.array_equal(source.ahead.get(request), 2 * request)
    assert source.read == [(0, False), (1, False), (2, False)]


def test_no_more_than_one_is_read_ahead(source):
    asked = []

    def requests():
        for request in (FIRST, SECOND, THIRD):
            asked.append(request)
            yield request

    source.ahead.will_read(requests())
    assert len(asked) == 1
    source.ahead.get(FIRST)
    assert len(asked) == 2


def test_what_was_not_announced_is_read_at_once(source):
    source.ahead.will_read([FIRST, SECOND])
    assert np.array_equal(source.ahead.get(OTHER), 2 * OTHER)
    assert np.array_equal(source.ahead.get(FIRST), 2 * FIRST)
    assert np.array_equal(source.ahead.get(SECOND), 2 * SECOND)
    assert dict(source.read) == {3: True, 0: False, 1: False}


def test_an_error_reaches_who_asks(source):
    broken = np.array([-1, 0])
    source.ahead.will_read([FIRST, broken, SECOND])
    source.ahead.get(FIRST)
    with pytest.raises(OSError, match="image -1 is broken"):
        source.ahead.get(broken)
    assert np.array_equal(source.ahead.get(SECOND), 2 * SECOND)


def test_a_new_announcement_drops_what_has_not_begun(source):
    source.hold.clear()
    source.ahead.will_read([FIRST])
    assert source.begun.acquire(timeout=SECONDS)
    source.ahead.will_read([SECOND])  # waits for the thread, which reads the first
    source.ahead.will_read([THIRD])
    source.hold.set()
    assert np.array_equal(source.ahead.get(THIRD), 2 * THIRD)
    assert source.read == [(0, False), (2, False)]


def test_closed_it_has_no_thread(source):
    source.ahead.will_read([FIRST, SECOND])
    source.ahead.get(FIRST)
    source.ahead.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("test_")]
    assert (2, False) not in source.read
