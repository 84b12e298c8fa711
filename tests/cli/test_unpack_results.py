"""Results back from an archive, from the command line."""

import pytest
from toy_study import write_toy_study

from spatial_mae.cli.unpack_results import main
from spatial_mae.sharing.packing import pack

TABLE = "results/small/tables/psd.csv"


@pytest.fixture
def flags(tmp_path):
    """An archive, and an empty folder to unpack it into."""
    write_toy_study(tmp_path / "author")
    pack("small", tmp_path / "author", tmp_path / "small.tar.gz")
    (tmp_path / "reader").mkdir()
    return ["--archive", str(tmp_path / "small.tar.gz"), "--folder", str(tmp_path / "reader")]


def test_it_puts_the_results_in_place_and_says_how_to_go_on(flags, tmp_path, capsys):
    main(flags)
    assert (tmp_path / "reader" / TABLE).read_text() == f"content of {TABLE}\n"
    printed = capsys.readouterr().out
    assert "study small: 19 files" in printed and "computed at abc, with changes" in printed
    assert "make redraw STUDY=small" in printed


def test_other_results_stop_it_until_forced(flags, tmp_path, capsys):
    (tmp_path / "reader" / TABLE).parent.mkdir(parents=True)
    (tmp_path / "reader" / TABLE).write_text("mine")
    with pytest.raises(SystemExit):
        main(flags)
    assert f"holds other results: {TABLE}" in capsys.readouterr().err
    main([*flags, "--force"])
    assert (tmp_path / "reader" / TABLE).read_text() != "mine"


def test_another_study_stops_it(flags, capsys):
    with pytest.raises(SystemExit):
        main([*flags, "--study", "paper"])
    assert "holds the study 'small', not 'paper'" in capsys.readouterr().err
