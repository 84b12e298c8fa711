"""Rewriting a study file of the earlier form from the command line."""

import pytest

from spatial_mae.cli.upgrade_config import main

OLD = "experiments:\n- {name: psd, kind: psd, recipe: a}\nfigures: {masked_psd: null}\n"
NEW = "experiments:\n- {name: psd, kind: psd, recipe: a, figures: []}\n"


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(OLD)
    return path


def test_writes_to_a_new_name(study, capsys):
    main([str(study)])
    assert study.read_text() == OLD
    assert study.with_name("mine.upgraded.yaml").read_text() == NEW
    assert "mine.upgraded.yaml" in capsys.readouterr().out


def test_replaces_the_file_where_asked(study):
    main([str(study), "--in-place"])
    assert study.read_text() == NEW
    assert [path.name for path in study.parent.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [(NEW, "nothing to rewrite"), ("a: [", "expected"), (None, "No such file")],
)
def test_what_cannot_be_rewritten_is_named(study, text, message, capsys):
    study.unlink() if text is None else study.write_text(text)
    with pytest.raises(SystemExit):
        main([str(study)])
    assert message in capsys.readouterr().err
    assert not study.with_name("mine.upgraded.yaml").exists()


def test_an_upgraded_file_is_not_replaced(study, capsys):
    study.with_name("mine.upgraded.yaml").touch()
    with pytest.raises(SystemExit):
        main([str(study)])
    assert "is there already" in capsys.readouterr().err
