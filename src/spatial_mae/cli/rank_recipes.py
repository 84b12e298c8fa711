"""What a rung of a search for a recipe keeps and drops, and why, from the scores of its runs."""

import json
from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, flag, paths, values
from spatial_mae.files import write_json, write_rows
from spatial_mae.tuning.halving import decision, read_candidates


@entry_point(
    values(str, rung="name of the rung", base="name of the base among the candidates"),
    values(int, epoch="at which candidates are compared", keep="how many are kept"),
    values(json.loads, candidates="JSON: candidate -> its values"),
    flag("before", is_input=True, type=Path, nargs="*", default=[], help="json of the rung before"),
    flag("scores", is_input=True, type=Path, nargs="+", required=True, help="csv of evaluate_mae"),
    paths(decision="json to write", table="csv to write"),
)
def main(given: Namespace) -> None:
    known = given.candidates
    rows = read_candidates(given.scores, given.rung, known, {name: name for name in known})
    found = decision(rows, given.rung, given.epoch, given.keep, known, given.base)
    for word in ("kept", "dropped"):
        for one in found[word]:
            print(f"{word}: {one['candidate']}: {one['why']}")
    write_rows(given.table, rows)
    write_json(given.decision, found, sealed=False)


if __name__ == "__main__":
    main()
