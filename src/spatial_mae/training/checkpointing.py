"""The file an interrupted training continues from: written next to, not among, its outputs."""

import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch

from spatial_mae.files import atomic_path, read_json, write_json

FORMAT = 2


class ResumeFile:
    """`resume.pt` in a run's state folder, and the one before it, `resume.previous.pt`.

    A state is a dict of tensors and plain values. `settings` says what the run is: a file that was
    written under other settings is set aside, never continued.
    """

    def __init__(self, folder: Path, settings: Mapping) -> None:
        self.path = folder / "resume.pt"
        self.previous = folder / "resume.previous.pt"
        self.rung = folder / "rung.json"
        self.settings = json.dumps(settings, sort_keys=True)

    def save(self, state: Mapping) -> None:
        """Write `state`; whatever interrupts the writing, a whole file is left."""
        with atomic_path(self.path) as temporary:
            content = {"format": FORMAT, "settings": self.settings, "state": dict(state)}
            torch.save(content, temporary)
            if self.path.exists():
                self.path.replace(self.previous)

    def load(self) -> dict | None:
        """The newest whole state, on the CPU; None if there is none under these settings."""
        for path in (self.path, self.previous):
            content = _read(path) if path.exists() else None
            if content is None:
                continue
            if content.get("format") == FORMAT and content.get("settings") == self.settings:
                return content["state"]
            self._set_aside(path, content)
            self.remove()  # the one before it is of that other run too
        return None

    def remove(self) -> None:
        """Delete all files: the run is complete."""
        for path in (self.previous, self.path, self.rung):
            path.unlink(missing_ok=True)

    def note_code(self, code: str) -> None:
        """Say which code stopped at a rung: a state that stays for long may outlive it."""
        write_json(self.rung, {"code": code})

    def check_code(self, code: str) -> None:
        """Discard the state of a rung that other code stopped at."""
        if self.rung.exists() and read_json(self.rung)["code"] != code:
            _say(f"{self.path} is of a rung that other code trained: training starts again")
            self.remove()

    def _set_aside(self, path: Path, content: Mapping) -> None:
        aside = path.with_name("resume.set-aside.pt")
        path.replace(aside)
        differences = changed(content.get("settings", "{}"), self.settings)
        _say(f"{path} was written under other settings ({differences}): kept as {aside.name}")


def changed(old: str, new: str) -> str:
    """The keys in which two JSON objects differ, for a log line; nested keys are dotted."""
    before, after = _flat(json.loads(old)), _flat(json.loads(new))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return ", ".join(f"{key}: {before.get(key)} -> {after.get(key)}" for key in keys) or "format"


def _flat(value: object, prefix: str = "") -> dict[str, object]:
    if not isinstance(value, dict):
        return {prefix: value}
    nested = (_flat(v, f"{prefix}.{k}" if prefix else k) for k, v in value.items())
    return {key: item for part in nested for key, item in part.items()}


def _read(path: Path) -> dict | None:
    """What `path` holds, or None with a log line if it is truncated or not ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():  # torch.load does not compare the checksums
                raise ValueError(f"{damaged} is damaged")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # zip, unpickling and end-of-file errors share no base class
        _say(f"{path} cannot be read ({str(error).partition(chr(10))[0]}): ignored")
        return None
    return content if isinstance(content, dict) and "state" in content else None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
