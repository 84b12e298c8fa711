"""How far a workflow is, and how long it still takes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """What a line about a job needs. log: path of its log file, or None."""

    rule: str
    name: str
    log: str | None = None


LATER = ""  # jobs whose rule is not known yet


class Progress:
    """Jobs by rule: how many there are, which run, how long those that ended took.

    Times are seconds of any clock that only goes forward.
    """

    def __init__(self, counts: Mapping[str, int], now: float) -> None:
        """counts: rule -> jobs, with or without Snakemake's entry `total`."""
        self.waiting = {rule: n for rule, n in counts.items() if rule != "total"}
        self.total = sum(self.waiting.values())
        self.done = 0
        self.running: dict[int, tuple[Job, float]] = {}
        self._took: dict[str, list[float]] = {}
        self._begun = now

    def grow(self, total: int) -> None:
        """More jobs are known than before, as after a checkpoint; of which rules, is not."""
        if total > self.total:
            self.waiting[LATER] = self.waiting.get(LATER, 0) + total - self.total
            self.total = total

    def start(self, number: int, job: Job, now: float) -> None:
        """Job `number` has begun; again if it is tried again."""
        self.running[number] = (job, now)

    def finish(self, number: int, now: float) -> tuple[Job, float] | None:
        """The job that ended and its seconds; None if it was never seen to begin."""
        if (found := self.running.pop(number, None)) is None:
            return None
        job, begun = found
        self.done += 1
        rule = job.rule if self.waiting.get(job.rule) else LATER
        self.waiting[rule] = max(self.waiting.get(rule, 0) - 1, 0)
        self._took.setdefault(job.rule, []).append(now - begun)
        return job, now - begun

    def fail(self, number: int) -> Job | None:
        """The job that failed; its time says nothing about others."""
        found = self.running.pop(number, None)
        return found[0] if found else None

    def seconds_left(self, now: float) -> float | None:
        """Seconds until all jobs are done; None before a tenth of them is.

        A job that waits takes what its rule's jobs took on average, jobs of a rule that has not run
        yet what all jobs took; as many jobs run at a time as did until now.
        """
        if self.done < max(self.total / 10, 1):
            return None
        spent = sum(map(sum, self._took.values()))
        mean = spent / self.done
        means = {rule: sum(took) / len(took) for rule, took in self._took.items()}
        work = sum(n * means.get(rule, mean) for rule, n in self.waiting.items())
        under_way = sum(now - begun for _, begun in self.running.values())
        at_once = max((spent + under_way) / max(now - self._begun, 1e-9), 1)
        return max(work - under_way, 0) / at_once


def in_words(seconds: float) -> str:
    """A duration as a reader says it: "8 s", "4 min", "2 h 10 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
