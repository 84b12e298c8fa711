"""Choices that depend on the machine, such as a kernel or a number type: measured, once.

`choose` runs the contenders in turn on this machine and remembers the fastest in a small file, so
that a later run makes the same choice and gives the same numbers. A study can fix the answer.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

PINS = "SPATIAL_MAE_CHOICES"  # environment variable: question=answer,question=answer
FOLDER = "XDG_CACHE_HOME"  # environment variable: where programs of a user keep what they remember
LIBRARIES = ("numpy", "torch")

ROUNDS = 3
# A first turn may include preparations: it decides only if it is this slow, and takes this long.
CLEAR_AT_FIRST, WORTH_STOPPING = 4.0, 0.25
CLEAR = 1.5  # a contender this many times slower than the fastest in a later turn is dropped
BUDGET = 10.0  # seconds of turns after which nothing is repeated any more

Contenders = Mapping[str, Callable[[], object]]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Choice:
    """An answer to a question, and why.

    origin: "measured" now, "remembered" from an earlier measurement, "fixed" by the study, or
    "only" where there was one contender. seconds: median time of each contender that ran.
    failed: the error of each that did not. about: what the answer is for.
    """

    question: str
    answer: str
    origin: str
    seconds: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    about: dict = field(default_factory=dict)

    def __str__(self) -> str:
        times = ", ".join(f"{name} {value:.3g} s" for name, value in self.seconds.items())
        failures = ", ".join(f"{name} failed: {why}" for name, why in self.failed.items())
        details = "; ".join(part for part in (times, failures) if part)
        return f"{self.question}: {self.answer} ({self.origin}{': ' if details else ''}{details})"


_made: list[Choice] = []


def made() -> list[dict]:
    """The choices of this process so far, as plain values: for its run record."""
    return [asdict(choice) for choice in _made]


def choose(
    question: str,
    about: Mapping,
    contenders: Contenders,
    gain: float = 1.0,
    clock: Clock = time.process_time,
    preparation: int = 0,
    alone: bool = False,
) -> Choice:
    """The fastest of `contenders` on this machine; the first one unless another gains enough.

    question: a short name, e.g. "gram". about: plain values (sizes, device, number of threads)
    that the answer depends on; the answer is remembered for them, this processor and these versions
    of numpy and torch. contenders: name -> one run of it, which returns when its work is done; one
    that raises an exception is out. gain: how many times faster than the first another must be.
    clock: seconds; processor time by default, which other programs disturb less. preparation: so
    many first runs of each contender are not timed (they compile, load libraries, record graphs).
    alone: a single contender is timed too, for a time that is the same in later runs.

    Raises ValueError if a fixed answer is none of the contenders, RuntimeError if all of them fail.
    """
    about = {**about, **machine()}
    choice = _fixed(question, about, contenders)
    if choice is None and len(contenders) == 1 and not alone:
        choice = Choice(question, *contenders, "only", about=about)
    file = _folder() / f"{question}-{_digest(question, about, contenders)}.json"
    choice = choice or _remembered(file, contenders)
    if choice is None:
        race = _Race(contenders, clock, preparation)
        choice = _publish(file, _measured(question, about, race, gain), contenders)
    _made.append(choice)
    return choice


@cache
def machine() -> dict[str, str]:
    """What decides how fast a kernel is: the processor and the libraries' versions."""
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            versions[library] = "absent"
    return {"processor": processor(), **versions}


@cache
def processor() -> str:
    """Model of the processor, and a digest of the features it says it has."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return f"{platform.machine()} {platform.processor()}"
    lines = dict(
        (part.strip() for part in line.split(":", 1))
        for line in path.read_text().splitlines()
        if ":" in line
    )
    features = lines.get("flags") or lines.get("Features") or ""
    model = lines.get("model name") or platform.machine()
    return f"{model} {hashlib.sha256(features.encode()).hexdigest()[:8]}"


def _fixed(question: str, about: dict, contenders: Contenders) -> Choice | None:
    answer = fixed_answers().get(question)
    if answer is None:
        return None
    if answer not in contenders:
        raise ValueError(
            f"{PINS} fixes {question} = {answer!r}; allowed here: {', '.join(contenders)}"
        )
    return Choice(question, answer, "fixed", about=about)


def fixed_answers() -> dict[str, str]:
    """What the environment variable SPATIAL_MAE_CHOICES fixes: question -> answer."""
    pairs = [pair for pair in os.environ.get(PINS, "").split(",") if pair.strip()]
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise ValueError(f"{PINS}: {wrong[0]!r} is not of the form question=answer")
    return dict(tuple(part.strip() for part in pair.split("=", 1)) for pair in pairs)


def _folder() -> Path:
    base = Path(os.environ.get(FOLDER) or "~/.cache")
    with contextlib.suppress(RuntimeError):  # nobody's home is known: then a folder named ~
        base = base.expanduser()
    return base / "spatial-mae" / "choices"


def _digest(question: str, about: Mapping, contenders: Contenders) -> str:
    text = json.dumps([question, dict(about), list(contenders)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _remembered(file: Path, contenders: Contenders) -> Choice | None:
    try:
        choice = Choice(**json.loads(file.read_text(encoding="utf-8")) | {"origin": "remembered"})
    except (OSError, ValueError, TypeError):
        return None
    return choice if choice.answer in contenders else None


def _publish(file: Path, choice: Choice, contenders: Contenders) -> Choice:
    """Remember `choice`, or return what another process has remembered meanwhile."""
    temporary = file.with_name(f".{file.stem}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(choice), indent=1) + "\n", encoding="utf-8")
        try:
            os.link(temporary, file)  # fails where the file exists, unlike a rename
        except FileExistsError:
            if (earlier := _remembered(file, contenders)) is not None:
                return earlier
            temporary.replace(file)
    except OSError as error:
        print(
            f"{choice.question}: the measured choice cannot be remembered ({error}); a later run "
            f"may choose otherwise. Set {FOLDER} to a folder that can be written to.",
            file=sys.stderr,
        )
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return choice


def _measured(question: str, about: dict, race: "_Race", gain: float) -> Choice:
    race.run()
    seconds = race.medians()
    if not seconds:
        reasons = "; ".join(f"{name}: {why}" for name, why in race.failed.items())
        raise RuntimeError(f"{question}: no contender ran ({reasons})")
    fastest, first = min(seconds, key=seconds.get), race.first
    if first in seconds and seconds[first] < gain * seconds[fastest]:
        fastest = first
    return Choice(question, fastest, "measured", seconds, race.failed, about)


class _Race:
    """Contenders in turn, until time is up or one is left; clear losers leave early."""

    def __init__(self, contenders: Contenders, clock: Clock, preparation: int) -> None:
        self.left, self.first = dict(contenders), next(iter(contenders))
        self.clock, self.preparation = clock, preparation
        self.failed: dict[str, str] = {}
        self.seconds: dict[str, list[float]] = {name: [] for name in contenders}

    def run(self) -> None:
        self._prepare()
        start = time.perf_counter()
        for turn in range(ROUNDS + 1):
            late = time.perf_counter() - start > BUDGET
            if turn and (len(self.left) < 2 or (turn > 1 and late)):
                return
            for name in list(self.left):
                self._once(name)
            self._drop_losers(turn)

    def _prepare(self) -> None:
        for name in list(self.left):
            for _ in range(self.preparation):
                if name in self.left:
                    self._once(name)
            self.seconds[name].clear()

    def medians(self) -> dict[str, float]:
        """Without the first turn, where there are others."""
        ran = {name: times[1:] or times for name, times in self.seconds.items() if times}
        return {name: statistics.median(times) for name, times in ran.items()}

    def _once(self, name: str) -> None:
        start = self.clock()
        try:
            self.left[name]()
        except Exception as error:  # kernels fail in many ways: a failure is a loss
            line = str(error).strip().partition("\n")[0]
            self.failed[name] = f"{type(error).__name__}: {line}"[:200]
            self.seconds[name].clear()
            del self.left[name]
            return
        self.seconds[name].append(self.clock() - start)

    def _drop_losers(self, turn: int) -> None:
        latest = {name: self.seconds[name][-1] for name in self.left}
        for name, seconds in latest.items():
            if turn:
                lost = seconds > CLEAR * min(latest.values())
            else:  # the first contender may pay for what all share
                slow = seconds > CLEAR_AT_FIRST * min(latest.values())
                lost = slow and seconds > WORTH_STOPPING and name != self.first
            if lost:
                del self.left[name]
