"""The estimate of a study, from the command line."""

import subprocess
import sys

import pytest
import yaml

from spatial_mae.cli.estimate_cost import main


@pytest.fixture
def run(project, tmp_path, capsys):
    """Print the estimate of the default config with the flags given, in an empty folder."""

    def printed(*flags: object) -> str:
        main(
            ["--config", str(project / "config.yaml"), "--folder", str(tmp_path), *map(str, flags)]
        )
        return capsys.readouterr().out

    return printed


def test_without_any_speed_hours_are_unknown(run):
    text = run()
    assert text.startswith("study quick: ") and "no speed known" in text
    assert "images, uint8" in text


def test_a_study_on_top_with_given_speeds(run, project):
    study = project / "workflow/studies/paper.yaml"
    flags = ("--images-per-second", "all=10000", "--gpus", 8, "--time-limit", 24)
    text = run("--configfile", study, *flags, "--job-seconds", "evaluate_mae=60")
    # 147 runs of 2000 epochs of 12 batches of 4096 images, at 10,000 images/s.
    assert "14,450,688,000" in text and "  401  " in text
    assert "on 8 GPUs: at least" in text and "at a time limit of 24 h: " in text
    assert "60 s each, given" in text


def test_an_overlay_is_merged_as_snakemake_does(run, tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(yaml.safe_dump({"study": "mine", "experiments": []}))
    assert run("--configfile", overlay).startswith("study mine: 3 jobs, 0 done, 3 left")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--configfile", "workflow/studies/papr.yaml"], "did you mean 'paper.yaml'?"),
        (["--images-per-second", "all=0"], "all=0: expected a number above 0"),
        (["--images-per-second", "patch-3=9"], "'patch-3' fits none of"),
        (["--job-seconds", "evaluate=9"], "did you mean 'evaluate_mae'?"),
        (["--gpus", "0"], "--gpus 0: expected a number above 0"),
        (["--time-limit", "-1"], "--time-limit -1.0: expected a number above 0"),
        (["--measure", "0"], "--measure 0.0: expected a number above 0"),
        (["--device", "H100"], "no finished training on 'H100'"),
    ],
)
def test_mistakes_are_named(project, flags, message, capsys, monkeypatch):
    monkeypatch.chdir(project)
    with pytest.raises(SystemExit):
        main(flags)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"datsets": {}}, "unknown key 'datsets'; did you mean 'datasets'"),
        ({"experiments": 3}, "experiments: 3 is not allowed; expected a list of mappings"),
        ({"figures": {"gabor": {"experiment": "gabor"}}}, "has a block `figures:`"),
    ],
)
def test_a_config_that_cannot_run_is_refused(run, values, message, tmp_path, capsys):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(yaml.safe_dump(values))
    with pytest.raises(SystemExit):
        run("--configfile", overlay)
    assert message in capsys.readouterr().err


def test_it_answers_without_torch():
    code = "import sys, spatial_mae.cli.estimate_cost; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
