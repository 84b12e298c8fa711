"""Advice on patch size and mask ratio, validated on grids that were trained as a whole.

    python -m benchmarks.advice_validation collect --results results --out docs/archives/advise
    python -m benchmarks.advice_validation report docs/archives/advise

`collect` reads what study advise_validation left and writes a table for each trained grid; `report`
replays searches on these tables and prints, as markdown, what the advice and simpler rules lose.
"""
