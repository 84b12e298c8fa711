"""Advice on real jobs: rungs that continue, and files that people edit."""

import json
import shutil

import numpy as np
import pytest
import yaml
from planning import planned, redraw_flags, snakemake_in

from spatial_mae.sharing.packing import pack
from spatial_mae.sharing.unpacking import unpack

ADVICE = "results/mine/advise"
CONFIGS = ("--configfile", "workflow/studies/advise.yaml", "mine.yaml")
STUDY = {
    "study": "mine",
    "models": {"advised": {"width": 8, "encoder_heads": 2, "decoder_width": 8, "decoder_heads": 2}},
    "advise": {
        "dataset": "mine",
        "patches": [2, 4, 8],
        "masks": [0.5, 0.75],
        "rungs": [1, 2],
        "final_seeds": [0, 1],
        "enc": 1,
    },
    "recipes": {
        "pretraining": {
            name: {"epochs": 3, "checkpoints": [1, 2]} for name in ("advise", "advise_drawn")
        },
        "autocorrelation": {"default": {"max_displacement": 4}},
    },
    "experiments": [{"kind": "autocorrelation", "grids": [{"dataset": ["mine"]}]}],
}


@pytest.fixture(scope="module")
def advised(copy_project):
    """A copy in which images without classes were advised on, in two goes: (folder, run)."""
    folder = copy_project()
    rng = np.random.default_rng(0)
    arrays = {f"{s}_images": rng.integers(256, size=(n, 8, 16), dtype=np.uint8) for s, n in SPLITS}
    np.savez(folder / "mine.npz", **arrays)
    mine = {"source": "array_file", "root": "mine.npz", "classes": None}
    mine |= {"pixels": "drawn", "licence": "none"}
    (folder / "mine.yaml").write_text(yaml.safe_dump(STUDY | {"datasets": {"mine": mine}}))
    run = snakemake_in(folder)
    run(f"{ADVICE}/patches.json", *CONFIGS)
    assert not (folder / f"{ADVICE}/masks.json").exists()
    run("all", *CONFIGS)
    return folder, lambda *words, **kwargs: run("advise", *CONFIGS, *words, **kwargs)


SPLITS = (("train", 100), ("test", 10))


def read(folder, name):
    return json.loads((folder / f"{ADVICE}/{name}.json").read_text())


def test_settings_that_go_on_continue_where_their_rung_stopped(advised):
    folder, _ = advised
    look, kept = read(folder, "look"), read(folder, "patches")["kept"]
    assert [s["patch"] for s in look["kept"]] == [2, 4] and look["objective"] == "agreement"
    assert all(s["masks"] == [0.75] for s in kept)
    logs = folder / "results/logs/pretrain_mae/mine/advised/advise"
    whole = [p for p in logs.glob("*.log") if "until" not in p.name]
    assert len(whole) >= 2
    for log in whole:
        if f"patch-{kept[0]['patch']}_" in log.name:
            assert "continues after epoch 2, step 0" in log.read_text()


def test_few_images_of_noise_are_no_ground_for_advice(advised):
    folder, _ = advised
    advice = read(folder, "advice")
    reasons = {doubt["reason"] for doubt in advice["doubts"]}
    assert advice["verdict"] == "cannot tell"
    assert {"too few images", "fewer than 1,000 labels"} <= reasons
    assert advice["sentence"] in (folder / f"{ADVICE}/advice.html").read_text()
    assert advice["edited"] == []


def test_the_report_on_these_images_begins_with_the_advice(advised):
    folder, _ = advised
    text = (folder / "results/mine/report.html").read_text()
    assert text.index(read(folder, "advice")["sentence"]) < text.index('id="findings"')
    assert 'href="advise/advice.html"' in text


def test_an_archive_holds_the_advice_so_that_redrawing_trains_nothing(
    advised, copy_project, project, tmp_path
):
    folder, _ = advised
    pack("mine", folder, tmp_path / "mine.tar.gz")
    reader = copy_project()  # without the images
    unpack(tmp_path / "mine.tar.gz", reader, "mine")
    written = [f for f in folder.glob(f"{ADVICE}/[!.]*") if not f.match("*.record.json")]
    assert all((reader / f.relative_to(folder)).is_file() for f in written)
    plan = planned(snakemake_in(reader)("-n", *redraw_flags(project, "mine")))
    assert plan == {"draw_figure": 1, "judge_claims": 1, "write_report": 1, "report": 1}
    shutil.copy(folder / "mine.yaml", reader)
    again = snakemake_in(reader)("-n", "report", *CONFIGS)
    assert planned(again) == {"judge_claims": 1, "write_report": 1, "report": 1}
    shutil.copy(folder / "mine.npz", reader)
    (reader / "wider.yaml").write_text("advise: {patches: [1, 2, 4, 8]}\n")
    looked = planned(snakemake_in(reader)("-n", f"{ADVICE}/look.json", *CONFIGS, "wider.yaml"))
    assert looked == {"prepare_dataset": 1, "look_at_images": 1}  # which the archive has not


def test_a_changed_template_writes_the_page_again(advised):
    folder, run = advised
    assert planned(run("-n")) == {}
    template = folder / "src/spatial_mae/advise/advice.html"
    template.write_text(template.read_text().replace("<h1>", "<h1>New: "))
    assert planned(run("-n")) == {"advise": 1, "write_advice": 1}
    run()
    assert "<h1>New: " in (folder / f"{ADVICE}/advice.html").read_text()


def test_a_rung_edited_to_what_was_not_looked_at_is_refused_by_the_plan(advised):
    folder, run = advised
    file = folder / f"{ADVICE}/patches.json"
    before = file.read_text()
    kept = [{"patch": 4, "mask": 0.75, "masks": [0.6, 0.75]}]
    file.write_text(json.dumps(json.loads(before) | {"kept": kept}))
    done = run("-n", check=False)
    file.write_text(before)
    assert done.returncode
    assert "patches.json: `kept` names patch 4 at mask ratio 0.6" in done.stdout + done.stderr


def test_a_rung_edited_by_hand_is_used_and_said(advised):
    folder, run = advised
    file = folder / f"{ADVICE}/patches.json"
    content = json.loads(file.read_text())
    content["kept"] = [{"patch": 4, "mask": 0.75, "masks": [0.75], "why": "I say so"}]
    file.write_text(json.dumps(content))
    run()
    assert json.loads(file.read_text()) == content
    advice = read(folder, "advice")
    assert advice["edited"] == ["patches"] and advice["patch"] == 4
    assert "Edited by hand" in (folder / f"{ADVICE}/advice.html").read_text()
    assert {s["patch"] for s in read(folder, "masks")["kept"]} == {4}
