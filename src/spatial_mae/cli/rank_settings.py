"""What a rung keeps and drops, and why, from the scores of its runs."""

from pathlib import Path

from spatial_mae.advise.candidates import comparing_epoch
from spatial_mae.advise.rungs import mask_decision, patch_decision
from spatial_mae.advise.scores import read_scores
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads
from spatial_mae.files import read_json, write_json, write_rows
from spatial_mae.study.advising import RUNGS, check_kept


@entry_point(
    flag("rung", choices=RUNGS, required=True, help="which rung"),
    reads(look="json of look_at_images", before="json of the rung before"),
    flag("scores", is_input=True, type=Path, nargs="+", required=True, help="csv of evaluate_mae"),
    flag("epochs", type=int, nargs="+", required=True, help="of the block's rungs, increasing"),
    paths(decision="json to write", table="csv to write"),
)
def main(given: Namespace) -> None:
    look, before = read_json(given.look), read_json(given.before)
    check_kept(before, look, given.before)
    rows = read_scores(given.scores, given.rung)
    epoch = comparing_epoch(given.rung, before["objective"], given.epochs)
    if given.rung == "patches":
        found = patch_decision(rows, look, epoch)
    else:
        found = mask_decision(rows, before, look["default"], epoch)
    for word in ("kept", "dropped"):
        for one in found[word]:
            print(f"{word}: patch {one['patch']}, mask ratio {one['mask']:g}: {one['why']}")
    write_rows(given.table, rows)
    write_json(given.decision, found, sealed=False)


if __name__ == "__main__":
    main()
