"""Names of folders that mean a split: `train`, but also `train2017`, `test_set` or `images_val`."""

import re

KINDS = ("train", "val", "test", None)
WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation", "holdout"), "test"),
}
# What else such names hold.
FILLERS = ("dataset", "set", "data", "images", "image", "imgs", "img", "split", "files", "photos")


def split_of(name: str) -> str | None:
    """train, val or test if the name says nothing else, else None."""
    rest = "".join(re.findall("[a-z]+", name.lower()))
    while rest not in WORDS:
        shorter = next((s for filler in FILLERS if (s := _without(rest, filler)) != rest), rest)
        if shorter == rest:
            return None
        rest = shorter
    return WORDS[rest]


def mentioned_split(name: str) -> str | None:
    """The split that a name mentions among other words (`seg_train`, `train.X1`), else None."""
    words = re.findall("[a-z]+", name.lower())
    return next((WORDS[word] for word in words if word in WORDS), None)


def _without(text: str, filler: str) -> str:
    return text.removeprefix(filler).removesuffix(filler)
