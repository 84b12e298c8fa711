"""What the parts of the check of a GPU rest on: time, images, an alternative, faults seen."""

import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from benchmarks import gpu_check
from benchmarks.gpu_check import correctness, data, race, real_run, report, robustness, throughput
from benchmarks.gpu_check.context import TINY, Context, random_images, within
from benchmarks.gpu_check.plain_mae import PlainMAE
from benchmarks.gpu_check.report import BAD, LEFT_OUT, OutOfTime, check
from PIL import Image
from toy_training import toy_dataset

from spatial_mae.data.store import Batch
from spatial_mae.files import read_rows
from spatial_mae.models.layers import MLP
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.training.execution import Execution
from spatial_mae.training.progress import Progress


def test_no_time_for_the_real_run_is_said(context, part, tmp_path, images_file):
    context.data = data.read(images_file(tmp_path / "images.npz"))
    context.ends = 0.0
    assert real_run.run(context, part) == "left out"
    assert "no real run: 0 s are left" in part.content["notes"][0]


def test_no_images_for_the_real_run_is_said(context, part):
    assert real_run.run(context, part) == "left out"
    assert "--data" in part.content["notes"][0]


def test_a_part_ends_when_its_time_is_over(part):
    def endless():
        while True:
            pass

    with pytest.raises(OutOfTime), within(0.05):
        check(part, "endless", endless)
    assert part.content["tables"]["checks"][0]["result"] == LEFT_OUT


def test_epochs_are_planned_to_end_in_time():
    costs = real_run.Costs(start=10.0, epoch=0.5, probe=2.0)
    epochs = real_run.planned_epochs(costs, 200.0, 2000)
    probes = len(real_run.log_spaced(epochs)) + 1
    used = 10 + 0.5 * epochs + 2 * probes
    assert real_run.MARGIN * 200 - 0.5 - 2 < used <= real_run.MARGIN * 200
    assert real_run.planned_epochs(costs, 5.0, 2000) == 0
    assert real_run.planned_epochs(costs, 1e6, 2000) == 2000


def test_a_run_planned_too_long_is_stopped_and_its_checkpoints_used(
    context, part, tmp_path, images_file, monkeypatch
):
    context.data = data.read(images_file(tmp_path / "images.npz"))
    dataset = real_run.written(context.data, tmp_path / "images")
    done = real_run.Run(context, dataset, "run", 10_000)
    losses = []

    def epoch(progress, loss):  # stopped after some epochs, however busy the machine is
        losses.append(loss)
        if len(losses) == 8:
            os.kill(os.getpid(), signal.SIGUSR1)

    monkeypatch.setattr(Progress, "epoch", epoch)
    assert done.train(600) == "stopped: planned for too many epochs"
    real_run._keep(context, part, done, "stopped")
    assert done.epochs_kept[0] == 0 and (tmp_path / "encoder.safetensors").exists()
    rows = read_rows(tmp_path / "history.csv")
    assert [row["epoch"] for row in rows] == list(range(1, 9))
    assert [row["loss"] for row in rows] == pytest.approx(losses)
    assert done.loss_at(3) == {"training loss": losses[2]}


def test_the_plain_network_computes_what_ours_does(context):
    sizes = context.architecture(patch=8)
    own = MaskedAutoencoder(sizes, generator=torch.Generator().manual_seed(0))
    plain = PlainMAE(sizes, 0.75)
    with torch.no_grad():
        for parameter in own.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape))
    plain.load_state_dict(_named_as_plain(own, plain, sizes))
    noise = torch.rand(4, sizes.n_patches)
    images = random_images(4).float() / 255
    masks = noise.argsort(1).argsort(1) >= plain.n_kept
    assert plain(images, noise).item() == pytest.approx(own.loss(images, masks).item(), rel=1e-5)


def _named_as_plain(own, plain, sizes):
    names = {"attention_norm": "norm1", "attention.qkv": "qkv", "attention.projection": "proj"}
    names |= {"mlp_norm": "norm2", "mlp.expand": "mlp.0", "mlp.contract": "mlp.2"}
    names |= {"encoder.class_token": "cls_token", "decoder.blocks": "decoder_blocks"}
    names |= {"encoder.patch_embedding": "embed", "decoder.embedding": "decoder_embed"}
    names |= {
        "decoder.norm": "decoder_norm",
        "decoder.head": "head",
        "encoder.": "",
        "decoder.": "",
    }
    state = {n: v for n, v in plain.state_dict().items() if "positions" in n}
    for name, value in own.state_dict().items():
        for before, after in names.items():
            name = name.replace(before, after)
        if "pixel_" not in name:
            state[name] = value
    for name in ("cls_token", "mask_token"):
        state[name] = state[name][None, None]
    p, channels = sizes.patch_size, sizes.channels
    state["embed.weight"] = state["embed.weight"].unflatten(1, (p, p, channels)).movedim(3, 1)
    return state


def test_a_gap_that_is_too_large_is_seen(context, monkeypatch):
    original, calls = MLP.forward, []

    def wrong_on_the_device(self, tokens):
        calls.append(self)
        on_cpu = len(calls) <= sum(TINY.depths)
        return original(self, tokens) * (1 if on_cpu else 1.1)

    monkeypatch.setattr(MLP, "forward", wrong_on_the_device)
    assert correctness.loss(context, "float32")["result"] == BAD


def test_training_that_does_not_fall_back_is_seen(context, monkeypatch):
    make = "spatial_mae.training.compiling.Switchable._make"
    monkeypatch.setattr(make, lambda switchable, mode: switchable.plain)
    assert robustness.forward_fails(context)["result"] == BAD


def test_a_compiler_that_fails_gives_no_speed(context, part, monkeypatch):
    def fails(*arguments, **options):
        raise RuntimeError("no C compiler")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: fails)
    builds = {throughput.OURS: throughput.in_mode("plain")}
    builds[throughput.COMPILED] = throughput.in_mode("compiled")
    throughput._race(context, part, 8, builds, throughput.Ceilings(1e9, 1e9))
    (rows,) = part.content["tables"].values()
    speeds = {row["contender"]: (row.get("images/s"), row.get("note")) for row in rows}
    assert speeds[throughput.OURS][0] > 0
    assert speeds[throughput.COMPILED][0] is None
    assert "computed plain, not compiled" in speeds[throughput.COMPILED][1]


def test_torch_s_line_on_the_mode_is_no_wait():
    """The mode's own warning also speaks of synchronizing operations."""
    library = Path(torch.__file__).parent / "lib" / "libc10_cuda.so"
    if not library.exists():
        pytest.skip("this torch is built without CUDA")
    assert robustness.WAIT.encode() in library.read_bytes()
    mode = "Synchronization debug mode is a prototype feature and does not yet detect all "
    assert robustness.WAIT not in mode + "synchronizing operations"


def test_after_a_check_that_the_gpu_does_not_survive_the_part_ends(part, monkeypatch):
    monkeypatch.setattr(report, "answers", lambda: False)
    with pytest.raises(ZeroDivisionError):
        check(part, "fatal", lambda: 1 // 0)
    assert part.content["tables"]["checks"][0]["result"] == BAD


@pytest.mark.parametrize(("seconds", "expected"), [(100.0, "graphs"), (0.0, "compiled")])
def test_cuda_graphs_are_raced_last_and_if_there_is_time(
    context, part, monkeypatch, seconds, expected
):
    asked = []

    class Chooser:
        def __init__(self, *_):
            pass

        def choose(self, precision, compiling, whole=True):
            asked.append(whole)
            context.ends = time.time() + seconds
            return Execution("bfloat16", {}, "graphs" if whole else "compiled")

    monkeypatch.setattr(race, "Chooser", Chooser)
    monkeypatch.setattr(Context, "on_gpu", True)
    race._modes(context, part, race.PATCHES[0])
    assert asked == ([False, True] if expected == "graphs" else [False])
    assert context.mode == part.content["kept"]["mode"] == expected


@pytest.mark.parametrize("named", ["manifest.json", "."])
def test_a_prepared_data_set_is_packed(tmp_path, capsys, named):
    toy_dataset(tmp_path, size=(32, 32))
    target = tmp_path / "images.npz"
    arguments = ["--pack", str(tmp_path / named), "--data", str(target)]
    assert gpu_check.main(arguments) == 0
    assert "64 of 64 train images and 32 of 32 test images" in capsys.readouterr().out
    assert np.array_equal(data.read(target).images["train"], np.load(tmp_path / "train.npy"))
    assert np.array_equal(data.read(target).labels["test"], np.load(tmp_path / "test_labels.npy"))


def test_a_random_part_is_packed_where_there_is_no_room_for_all(tmp_path, images_file):
    source = images_file(tmp_path / "all.npz", n=(400, 100))
    data.pack(source, tmp_path / "part.npz", megabytes=0.5)
    found, given = data.read(tmp_path / "part.npz"), data.read(source)
    assert (tmp_path / "part.npz").stat().st_size < 0.55e6
    assert 100 < len(found.images["train"]) < 200 and 20 < len(found.images["test"]) < 60
    rows = [
        np.flatnonzero((given.images["train"] == image).all((1, 2, 3)))
        for image in found.images["train"]
    ]
    assert [given.labels["train"][row[0]] for row in rows] == found.labels["train"].tolist()


def test_images_in_a_folder_for_each_class_are_packed(tmp_path):
    for split, count in (("train", 6), ("test", 4)):
        for label, name in enumerate(("cat", "dog")):
            (tmp_path / "images" / split / name).mkdir(parents=True)
            for number in range(count):
                image = np.full((40, 36, 3), 100 * label + number, np.uint8)
                Image.fromarray(image).save(tmp_path / "images" / split / name / f"{number}.png")
    assert "12 of 12 train images" in data.pack(tmp_path / "images", tmp_path / "images.npz")
    found = data.read(tmp_path / "images.npz")
    assert found.images["test"].shape == (8, 32, 32, 3)
    for split in ("train", "test"):
        labels = found.images[split][:, 0, 0, 0] // 100
        assert labels.tolist() == found.labels[split].tolist()


def test_images_without_classes_are_not_packed(tmp_path):
    (tmp_path / "images").mkdir()
    for number in range(4):
        image = np.full((32, 32, 3), number, np.uint8)
        Image.fromarray(image).save(tmp_path / f"images/{number}.png")
    with pytest.raises(ValueError, match="its images have no classes"):
        data.pack(tmp_path / "images", tmp_path / "images.npz")


def test_a_few_images_are_from_all_over(tmp_path, images_file):
    given = data.read(images_file(tmp_path / "images.npz", n=(120, 5)))
    few = given.few(10)
    assert few.images["train"].shape == (10, 32, 32, 3) and len(few.labels["test"]) == 5
    assert np.array_equal(few.images["train"][[0, -1]], given.images["train"][[0, -1]])
    assert given.few(None) is given


def test_packing_needs_a_target_and_a_source(capsys, tmp_path):
    for arguments in ([], ["--data", str(tmp_path / "x.npz")]):
        with pytest.raises(SystemExit) as error:
            gpu_check.main(["--pack", str(tmp_path), *arguments])
        assert error.value.code == 2
    said = capsys.readouterr().err
    assert "name it with --data" in said and "holds neither cifar-10-python.tar.gz nor" in said


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ("cifar-10-python.tar.gz", "archive"),
        ("cifar-10-batches-py", "archive"),
        ("folder", "root"),
    ],
)
def test_cifar_as_published_is_packed(tmp_path, monkeypatch, named, place):
    source = tmp_path / named
    source.mkdir() if "tar" not in named else source.write_text("")
    if named == "cifar-10-batches-py":
        (source / "data_batch_1").write_text("")
    asked = {}

    def prepare(recipe, root, archive, rng):
        asked.update(root=root, archive=archive)
        batches = [Batch(np.full((4, 32, 32, 3), i, np.uint8), np.arange(4)) for i in range(2)]
        return SimpleNamespace(splits={"train": batches, "test": batches[:1]})

    monkeypatch.setattr("spatial_mae.data.cifar10.prepare", prepare)
    data.pack(source, tmp_path / "images.npz")
    assert asked == {"root": None, "archive": None} | {place: source}
    found = data.read(tmp_path / "images.npz")
    assert found.images["train"][:, 0, 0, 0].tolist() == [0] * 4 + [1] * 4
    assert found.labels["train"].tolist() == [0, 1, 2, 3] * 2
