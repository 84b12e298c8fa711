"""One card for each rule: what it writes, from which recipe, for which figures.

A table that a rule writes for a run is a kind of experiment. Rules keep their paths as literal
text: a test compares them with the cards.
"""

from spatial_mae.study.cards import Rule, kinds
from spatial_mae.study.measured import (
    hierarchy,
    inspection,
    jacobian,
    linear,
    pretraining,
    tasks,
    theory,
    tuning,
)

# The tables of a run with both papers' quantities, in the order in which they are read.
RELATED = ("jacobian", "unmasked", "attention", "embedding", "evaluation")

RULES = {
    "write_config": Rule("results/{study}", file="config.record.json"),
    "judge_claims": Rule("results/{study}", file="claims.record.json"),
    "judge_ladder": Rule("results/{study}", file="ladder.record.json", scores="ladder.csv"),
    "write_report": Rule("results/{study}", file="report.record.json"),
    "draw_figure": Rule("results/{study}/figures", file="{figure}.record.json"),
    "collect_table": Rule("results/{study}/tables", file="{experiment}.record.json"),
    "look_at_images": Rule("results/{study}/advise", file="look.record.json"),
    "rank_settings": Rule("results/{study}/advise", file="{rung}.record.json", scores="{rung}.csv"),
    "write_advice": Rule("results/{study}/advise", file="advice.record.json", scores="advice.csv"),
    "rank_recipes": Rule("results/{study}/tune", file="{rung}.record.json", scores="{rung}.csv"),
    "choose_recipe": Rule("results/{study}/tune", file="tune.record.json", scores="tune.csv"),
    "download_archive": Rule("results/data/archives/{source}", file="{archive}.record.json"),
    "prepare_dataset": Rule("results/data/{dataset}", file="record.json"),
    "check_dataset": Rule("results/data/{dataset}", file="check.record.json"),
    "write_coco": Rule("results/data/{dataset}/coco", file="record.json"),
    **linear.RULES,
    **theory.RULES,
    **hierarchy.RULES,
    **tasks.RULES,
    **pretraining.RULES,
    **inspection.RULES,
    **jacobian.RULES,
    **tuning.RULES,
}
KINDS = kinds(RULES)
# Figure -> the kind of experiment whose tables it reads.
FIGURES = {f: name for name, kind in KINDS.items() for f in (*kind.figures, *kind.also)}
