"""What a run finds around it: places that cannot be written to are named, or are not needed."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image
from planning import TINY, clean_environment, snakemake_in

TARGET = "results/theory/taylor_tiny.csv"
NAMES = ["$HOME", "$a$", "a b", "it's", "{wildcards.study}", "{x}", "汉字"]
ODD = "pho {x} $HOME 'q' \"d\" `id` 汉字"
RUN = {"dataset": ["mine"], "model": ["tiny"], "training": ["tiny"], "patch": [2], "unit": [1]}
RUN |= {"mask": [0.5], "enc": [1], "dec": [1]}


def a_file(path):
    path.write_text("")


def a_link_to_nowhere(path):
    path.symlink_to("/proc/none/results")


def a_place_without_files(path):
    path.symlink_to("/proc/self")


@pytest.mark.parametrize("spoil", [a_file, a_link_to_nowhere, a_place_without_files])
def test_results_that_cannot_be_written_stop_the_run_before_its_first_job(project, tmp_path, spoil):
    spoil(tmp_path / "results")
    flags = ("-s", project / "Snakefile", TARGET, "--configfile", TINY)
    done = snakemake_in(tmp_path)(*flags, check=False)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"results cannot be written to {tmp_path / 'results'}: " in text
    assert "rule measure_taylor:" not in text


@pytest.mark.parametrize("place", ["/proc/none", "{folder}/file", "{folder}/absent"])
def test_a_run_needs_neither_a_home_nor_a_folder_for_temporary_files(project, tmp_path, place):
    """Snakemake needs a place for its own cache, which XDG_CACHE_HOME names."""
    a_file(tmp_path / "file")
    spoilt = place.format(folder=tmp_path)
    home = spoilt if "absent" not in spoilt else f"{tmp_path}/file"
    surroundings = {"HOME": home, "TMPDIR": spoilt, "XDG_CACHE_HOME": f"{tmp_path}/cache"}
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "-s", project / "Snakefile"]
    command += ["results/tiny/figures/taylor.png", "--configfile", TINY]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=clean_environment() | surroundings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/tiny/figures/taylor.png").stat().st_size
    assert not (tmp_path / "absent").exists()


@pytest.fixture(scope="module")
def odd_names(project, tmp_path_factory):
    """A study of images in folders with names that shells, Snakemake and TeX would read."""
    folder = tmp_path_factory.mktemp("a b $c 'd'")
    rng = np.random.default_rng(0)
    for name in NAMES:
        (folder / ODD / name).mkdir(parents=True)
        for n in range(14):
            image = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
            image.save(folder / ODD / name / f"im {{{n}}} $x.png")
    mine = {"source": "image_folder", "root": str(folder / ODD), "size": [8, 8]}
    mine |= {"pixels": "{x} $a$ 汉字 <b>", "licence": "{y} $HOME 'q' <i>"}
    points = {"kind": "embedding_points", "recipe": "tiny", "grids": [RUN]}
    study = {"study": "odd", "datasets": {"mine": mine}, "experiments": [points]}
    (folder / "odd.yaml").write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    flags = ("-s", project / "Snakefile", "report", "--configfile", TINY, "odd.yaml")
    snakemake_in(folder)(*flags)
    return folder / "results"


def test_generated_data_need_no_network(project, tmp_path):
    apart = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"]).returncode:
        pytest.skip("no network namespaces here (unshare --net)")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "-s", project / "Snakefile"]
    command += ["results/tiny/figures/losses.png", "--configfile", TINY]
    environment = clean_environment()
    done = subprocess.run(
        [*apart, *command], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/tiny/figures/losses.png").is_file()


def test_odd_names_reach_manifest_table_and_config_as_they_are(odd_names):
    manifest = json.loads((odd_names / "data/mine/manifest.json").read_text())
    assert manifest["classes"] == NAMES and manifest["pixels"] == "{x} $a$ 汉字 <b>"
    table = odd_names / "odd/tables/embedding_points.csv"
    with table.open(newline="", encoding="utf-8") as file:
        found = {row["class"] for row in csv.DictReader(file)}
    assert len(found) > 2 and found <= set(NAMES)
    config = yaml.safe_load((odd_names / "odd/config.yaml").read_text(encoding="utf-8"))
    assert config["datasets"]["mine"]["root"].endswith(ODD)


def test_odd_names_are_drawn_without_warnings_and_shown_in_the_report(odd_names):
    assert (odd_names / "odd/figures/class_planes.png").stat().st_size
    log = (odd_names / "logs/draw_figure/odd/class_planes.log").read_text()
    assert [line for line in log.splitlines() if "commit of this code" not in line] == []
    page = (odd_names / "odd/report.html").read_text(encoding="utf-8")
    for shown in ("{x} $a$ 汉字 &lt;b&gt;", "{y} $HOME &#39;q&#39; &lt;i&gt;"):
        assert shown in page


def test_a_workflow_in_a_folder_named_like_a_wildcard_is_refused(copy_project, tmp_path):
    folder = copy_project().rename(tmp_path / "my {x} $y")
    done = snakemake_in(folder)("-n", "--configfile", TINY, check=False)
    assert done.returncode != 0
    assert "Snakemake takes {x} in the path of this workflow" in done.stdout + done.stderr
