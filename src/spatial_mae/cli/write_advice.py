"""The advice: which patch size and mask ratio, how sure, and the study to run next."""

from pathlib import Path

from spatial_mae.advise.advice import Evidence, advise, gain_words
from spatial_mae.advise.page import compose, finished
from spatial_mae.advise.rungs import NAMES, edited
from spatial_mae.advise.scores import read_baselines, read_scores, with_test
from spatial_mae.advise.theory import in_network_units
from spatial_mae.advise.usage import keyword_arguments, next_study
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, recipe, values
from spatial_mae.files import read_arrays, read_json, read_rows, write_json, write_rows, write_text
from spatial_mae.study.advising import check_kept
from spatial_mae.study.config import Advise

TABLES = ("patches_table", "masks_table")


@entry_point(
    reads(
        look="json of look_at_images",
        images="npz of look_at_images",
        patches="json of the first rung",
        masks="json of the second",
        patches_table="csv of the first rung",
        masks_table="csv of the second",
        config="the study's merged config (.yaml)",
    ),
    flag("final", is_input=True, type=Path, nargs="+", required=True, help="scores that choose"),
    flag("test", is_input=True, type=Path, nargs="*", default=[], help="scores on test images"),
    flag("baselines", is_input=True, type=Path, nargs="*", default=[], help="csv of probe_pixels"),
    recipe(Advise, "block"),
    values(str, study="name of the study"),
    paths(json="json to write", table="csv to write", page="html to write", next="yaml to write"),
)
def main(given: Namespace) -> None:
    look = read_json(given.look)
    evidence = gather(given, look)
    advice = advise(evidence)
    advice["gain"], advice["measure"] = gain_words(advice, look), NAMES[evidence.measure]
    advice["finished"] = finished(evidence)
    advice["keyword_arguments"] = keyword_arguments(advice, look)
    advice["closed_form_error"] = [
        {"patch": p, "mask": m, "error": value} for (p, m), value in in_network_units(look).items()
    ]
    rows = [*evidence.patches, *evidence.masks, *evidence.final]
    write_rows(given.table, rows)
    write_text(given.next, next_study(advice, look, given.config, vars(given.block)))
    write_text(given.page, compose(advice, evidence, read_arrays(given.images)["images"]))
    write_json(given.json, advice)
    print(advice["sentence"])


def gather(given: Namespace, look: dict) -> Evidence:
    rungs = {name: read_json(getattr(given, name)) for name in ("patches", "masks")}
    for name, content in rungs.items():
        check_kept(content, look, getattr(given, name))
    final = with_test(read_scores(given.final, "final"), read_scores(given.test, "final"))
    return Evidence(
        look,
        *(read_rows(getattr(given, name)) for name in TABLES),
        final,
        read_baselines(given.baselines),
        given.block.rungs,
        (int(given.block.default[0]), given.block.default[1]),
        edited({"look": look, **rungs}),
    )


if __name__ == "__main__":
    main()
