"""What the panels of a search show."""

from matplotlib.container import ErrorbarContainer

from spatial_mae.tuning.drawing import draw
from spatial_mae.tuning.verdict import Search, judge

COMMON = {"epoch": 10, "epochs": 10, "status": "completed", "seconds": 1.0, "n_labelled": 100}


def test_a_value_that_one_candidate_has_gets_no_bar():
    known = {"a": {"flip": False}, "b": {"flip": True}, "c": {"flip": True}}
    rows = [
        COMMON | {"candidate": name, "seed": seed, "probe": 0.1 * place + 0.01 * seed}
        for place, name in enumerate(known, start=1)
        for seed in (0, 1)
    ]
    search = Search({"until-10": rows}, rows, known, "a", "c", None, ())
    factor = draw(search, judge(search)).axes[2]
    bars = [one for one in factor.containers if isinstance(one, ErrorbarContainer)]
    assert [bar.has_yerr for bar in bars] == [False, True]
