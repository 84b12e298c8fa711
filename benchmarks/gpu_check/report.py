"""What the check found: one JSON file, and the same as tables to read, written after every row."""

import math
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.timing import table
from spatial_mae.files import read_json, write_json, write_text

Row = dict[str, object]

JSON, PAGE = "gpu-check.json", "gpu-check.md"
CHECKS = "checks"
GOOD, BAD, LEFT_OUT = "as expected", "NOT as expected", "left out"


class OutOfTime(BaseException):
    """A part's time is over. No Exception: what falls back on one must not swallow it."""


class Skipped(Exception):
    """A check that cannot be made here, and why."""


class Report:
    """The report in `folder`: a header of facts about the machine, and a part after another.

    A part is a dict: title, status, ends (seconds since 1970 that it may work to), seconds, tables
    (title -> rows), notes, kept (for the parts after it, also in another process), error.
    """

    def __init__(self, folder: Path, header: Mapping[str, object], fresh: bool) -> None:
        self.folder = folder
        self.parts: dict[str, dict] = {}
        if not fresh and (folder / JSON).is_file():
            self.parts = read_json(folder / JSON)["parts"]
        self.header = dict(header)
        self.save()

    def begin(self, name: str, title: str, ends: float) -> "Part":
        self.parts[name] = {"title": title, "status": "running", "began": time.time()}
        self.parts[name] |= {"ends": ends, "seconds": 0.0, "tables": {}, "notes": [], "kept": {}}
        self.parts[name]["error"] = None
        part = Part(self, self.parts[name])
        self.save()
        return part

    def kept(self, name: str) -> dict[str, object]:
        """What a part has kept for those after it."""
        return self.parts[name]["kept"] if name in self.parts else {}

    def save(self) -> None:
        write(self.folder, {"header": self.header, "parts": self.parts})


class Part:
    """A part of the report, as the part itself sees it."""

    def __init__(self, report: Report, content: dict) -> None:
        self._report, self.content = report, content

    def add(self, title: str, row: Mapping[str, object]) -> None:
        """Add a row to the table `title`, and save."""
        self.content["tables"].setdefault(title, []).append(_plain(row))
        self.save()

    def note(self, text: str) -> None:
        print(text, flush=True)
        self.content["notes"].append(text)
        self.save()

    def keep(self, **values: object) -> None:
        """Keep values that JSON can hold for the parts after this one."""
        self.content["kept"] |= values
        self.save()

    def end(self, status: str, error: str | None = None) -> None:
        self.content |= {"status": status, "error": error}
        self.save()

    def save(self) -> None:
        self.content["seconds"] = round(time.time() - self.content["began"], 1)
        self._report.save()


def check(part: Part, name: str, function: Callable[..., Row], *arguments: object) -> None:
    """Run one check of a part; its row is what it returns, or how it failed.

    Raises what the check raised if the GPU answers no longer: no later check could succeed.
    """
    start = time.perf_counter()
    print(f"check: {name}", flush=True)
    try:
        row = function(*arguments)
    except Skipped as reason:
        row = {"result": LEFT_OUT, "note": str(reason)}
    except OutOfTime:
        part.add(CHECKS, {"check": name, "result": LEFT_OUT, "note": "the part's time was over"})
        raise
    except Exception as error:
        traceback.print_exc()
        row = {"result": BAD, "note": last_lines(error)}
        if not answers():
            part.add(CHECKS, {"check": name} | row)
            raise
    part.add(CHECKS, {"check": name} | row | {"seconds": round(time.perf_counter() - start, 2)})


def answers() -> bool:
    """Whether the GPU, if this process uses one, still does what it is asked to."""
    import torch

    try:
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
    except Exception:
        return False
    return True


def judged(measured: float, allowed: float, note: str = "") -> Row:
    """A row that compares a number with the most it may be."""
    result = GOOD if measured <= allowed else BAD
    return {"result": result, "measured": measured, "allowed": allowed, "note": note}


def last_lines(error: BaseException, count: int = 3) -> str:
    """The end of a traceback in one line: where, what was called, which error."""
    text = "".join(traceback.format_exception(error))
    lines = [line.strip() for line in text.splitlines() if line.strip(" ^~")]
    return " / ".join(lines[-count:])


def write(folder: Path, content: Mapping) -> None:
    """Write both files of a report, whole or not at all."""
    write_json(folder / JSON, content)
    write_text(folder / PAGE, page(content))


def unexpected(content: Mapping) -> list[str]:
    """What failed, in words: parts, and checks."""
    found = []
    for name, part in content["parts"].items():
        if part["error"]:
            found.append(f"{name}: {part['status']}")
        rows = part["tables"].get(CHECKS, [])
        found += [f"{name}: {row['check']}" for row in rows if row["result"] == BAD]
    return found


def page(content: Mapping) -> str:
    """The report in markdown."""
    bad = unexpected(content)
    lines = ["# GPU check", ""]
    lines += [f"- {name}: {value}" for name, value in content["header"].items()]
    lines += ["", f"**{len(bad)} not as expected**" + "".join(f"\n- {one}" for one in bad), ""]
    for name, part in content["parts"].items():
        lines += [f"## {name}: {part['title']}", ""]
        lines += [f"{part['status']}, {part['seconds']:.0f} s", ""]
        lines += [f"    {part['error']}", ""] if part["error"] else []
        for title, rows in part["tables"].items():
            lines += [f"### {title}", "", table(rows), ""]
        lines += [f"{note}\n" for note in part["notes"]]
    return "\n".join(lines)


def _plain(row: Mapping[str, object]) -> Row:
    """Numbers as JSON can hold them; one cell a value."""
    return {key: _value(value) for key, value in row.items()}


def _value(value: object) -> object:
    if isinstance(value, str):
        return value.replace("|", "/").replace("\n", " ")
    if hasattr(value, "item"):
        value = value.item()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
