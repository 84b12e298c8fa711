"""What a run computes with: chosen by measuring, on devices that the tests make up."""

import time

import pytest
import torch

from spatial_mae import choices
from spatial_mae.models.precision import PRECISIONS
from spatial_mae.models.products import product_ways
from spatial_mae.training import execution
from spatial_mae.training.execution import Chooser, Execution, attention_contenders

CPU = torch.device("cpu")


GPU = {"float32": 0.1, "bfloat16": 0.1, "cast-once": 0.9, "compiled": 0.6, "graphs": 0.5}


@pytest.fixture(autouse=True)
def memory(tmp_path, monkeypatch):
    monkeypatch.setenv(choices.FOLDER, str(tmp_path))
    monkeypatch.delenv(choices.PINS, raising=False)


class Task:
    """A step takes the seconds of its precision and mode; `broken` modes fall back as ours do."""

    def __init__(self, seconds, broken=()):
        self.seconds, self.broken, self.used = seconds, broken, []
        self.now = 0.0

    def describe(self):
        return {"task": "toy"}

    def attention_shapes(self, n_images):
        return {"encoder": (n_images, 2, 5, 4)}

    def use(self, chosen):
        self.used.append(chosen)
        self.in_use = chosen.mode

    def mode(self):
        return self.in_use

    def step(self):
        if self.in_use in self.broken:
            self.in_use = "plain"
        self.now += self.seconds[self.used[-1].precision] * self.seconds.get(self.in_use, 1.0)


def choose(task, precision="float32", compiling="auto", kind="cpu", n_steps=10, whole=True):
    said = []
    chooser = Chooser(task, task.step, 8, CPU, n_steps, said.append)
    chooser.clock = lambda: task.now
    if kind == "cuda":
        chooser.device = FakeGpu
    return chooser.choose(precision, compiling, whole), said


class FakeGpu:
    type = "cuda"


def test_attention_is_measured_where_it_takes_long_enough(monkeypatch):
    task = Task({"float32": 1.0})
    assert choose(task)[0].attention == {"encoder": "auto"}
    monkeypatch.setattr(execution, "LEAST_WORK", {"cpu": 0})
    found, said = choose(task)
    assert found.attention["encoder"] in execution.attention_contenders(
        (8, 2, 5, 4), torch.float32, CPU
    )
    assert said[0].startswith(f"attention: {found.attention['encoder']} (measured")


@pytest.fixture
def gpu(monkeypatch):
    """A step's wall time is what the task says; attention is timed on the CPU."""
    monkeypatch.setattr(execution, "wait", lambda device: None)
    contenders = execution.attention_contenders
    monkeypatch.setattr(execution, "machine", lambda device: {"device": "toy"})
    monkeypatch.setattr(execution, "clock_for", lambda device: time.process_time)
    monkeypatch.setattr(
        execution, "attention_contenders", lambda shape, dtype, _: contenders(shape, dtype, CPU)
    )


@pytest.mark.parametrize(
    ("bfloat16", "expected"),
    [(0.5, "bfloat16"), (0.82, "bfloat16"), (0.85, "float32"), (25.0, "float32")],
)
def test_bfloat16_must_be_a_fifth_faster(bfloat16, expected):
    task = Task({"float32": 1.0, "bfloat16": bfloat16})
    found, said = choose(task, "auto")
    assert found.precision == expected == task.used[-1].precision
    assert any(line.startswith(f"precision: {expected} (measured") for line in said)


def test_finding_the_kernels_of_a_precision_does_not_decide(monkeypatch):
    task = Task({"float32": 0.15, "bfloat16": 0.05})
    kernels = execution.fastest_kernels

    def slowly(precision, *arguments):
        task.now += {"float32": 1.0, "bfloat16": 5.0}[precision]
        return kernels(precision, *arguments)

    monkeypatch.setattr(execution, "fastest_kernels", slowly)
    assert choose(task, "auto")[0].precision == "bfloat16"


def test_a_much_slower_precision_is_tried_once():
    task = Task({"float32": 1.0, "bfloat16": 5.0})
    choose(task, "auto")
    assert [chosen.precision for chosen in task.used].count("bfloat16") == 1


def test_three_reruns_choose_alike(memory):
    fast, slow = Task({"float32": 1.0, "bfloat16": 0.8}), Task({"float32": 1.0, "bfloat16": 0.9})
    found = [choose(task, "auto")[0] for task in (fast, slow, slow)]
    assert found[0] == found[1] == found[2]
    assert found[0].precision == "bfloat16"
    assert slow.used == [found[0]] * 2


def test_three_reruns_on_a_gpu_try_the_same_modes(gpu):
    """Whether compiling is worth while: 125 seconds in the first run, 115 in the others."""
    tasks = [Task(GPU | {"bfloat16": seconds}) for seconds in (0.0125, 0.0115, 0.0115)]
    found = [choose(task, "bfloat16", kind="cuda", n_steps=10_000)[0].mode for task in tasks]
    assert found == ["graphs"] * 3


def test_memory_that_ended_with_another_type_is_forgotten_before_modes_are_tried():
    task, called = Task({"float32": 1.0, "bfloat16": 0.5}), []
    chooser = Chooser(task, task.step, 8, CPU, 10, print, lambda: called.append(len(task.used)))
    chooser.clock = lambda: task.now
    assert chooser.choose("auto", "never").precision == "bfloat16"
    assert called == [len(task.used) - 1]  # the last use is that of what was found
    chooser.choose("float32", "never")
    assert len(called) == 1


def test_on_a_cpu_nothing_is_compiled_unless_it_is_asked_for():
    task = Task({"float32": 1.0})
    assert choose(task, compiling="auto")[0].mode == "plain"
    assert {chosen.mode for chosen in task.used} == {"plain"}
    assert choose(task, compiling="always")[0].mode == "compiled"
    broken = Task({"float32": 1.0}, broken={"compiled"})
    assert choose(broken, compiling="always")[0].mode == "plain"


def test_on_a_gpu_first_steps_do_not_decide(gpu, monkeypatch):
    """The first compiles or loads libraries, the second records graphs."""
    monkeypatch.setattr(execution, "WORTH_COMPILING", 0.0)
    first = {"graphs": [40.0, 9.0], "compiled": [40.0], "bfloat16": [5.0]}

    class Slow(Task):
        def step(self):
            super().step()
            for name in (self.used[-1].precision, self.in_use):
                if first.get(name):
                    self.now += first[name].pop(0)

    found, _ = choose(Slow(GPU | {"bfloat16": 0.05}), "auto", kind="cuda")
    assert (found.precision, found.mode) == ("bfloat16", "graphs")


def test_on_a_gpu_the_fastest_mode_is_taken(gpu, monkeypatch):
    monkeypatch.setattr(execution, "WORTH_COMPILING", 0.0)
    found, said = choose(Task(GPU), "bfloat16", kind="cuda")
    assert found.mode == "graphs"
    assert "cast-once" in said[-1] and "compiled" in said[-1]
    assert choose(Task(GPU), "bfloat16", kind="cuda", whole=False)[0].mode == "compiled"
    assert choose(Task(GPU), "bfloat16", "never", kind="cuda")[0].mode == "cast-once"
    assert choose(Task(GPU), "float32", "never", kind="cuda")[0].mode == "plain"


def test_a_mode_that_fails_is_not_taken(gpu, monkeypatch):
    monkeypatch.setattr(execution, "WORTH_COMPILING", 0.0)
    found, said = choose(Task(GPU, broken={"graphs"}), "bfloat16", kind="cuda")
    assert found.mode == "compiled"
    assert "graphs failed: RuntimeError: torch.compile failed" in said[-1]


def test_a_mode_that_is_asked_for_and_needs_too_much_memory_is_left_to_training():
    class Large(Task):
        def step(self):
            if self.in_use == "compiled":
                raise torch.OutOfMemoryError("CUDA out of memory")

    assert choose(Large({}), compiling="always")[0].mode == "compiled"


def test_a_short_run_does_not_wait_for_a_compiler(gpu):
    task = Task(GPU)
    assert choose(task, "bfloat16", kind="cuda", n_steps=10)[0].mode == "cast-once"
    assert "compiled" not in {chosen.mode for chosen in task.used}


def test_a_study_fixes_how_it_is_computed(monkeypatch):
    answers = {"precision": "float32", "attention": "written_out", "mode": "compiled"}
    pairs = [*answers.items(), ("products", "onednn")]
    monkeypatch.setenv(choices.PINS, ",".join(f"{key}={answer}" for key, answer in pairs))
    task = Task({"float32": 1.0, "bfloat16": 0.1})
    found, _ = choose(task, "auto", "never")
    assert found == Execution("float32", {"encoder": "written_out"}, "compiled", "onednn")
    found, _ = choose(Task({"float32": 1.0}, broken={"compiled"}), "auto", "never")
    assert found.mode == "plain"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_products_are_measured_on_a_cpu_alone(gpu, precision):
    found, said = choose(Task({precision: 1.0}), precision)
    assert found.products in product_ways(PRECISIONS[precision])
    question = "products" if precision == "float32" else "bfloat16_products"
    assert f"{question}: {found.products} (measured: " in " ".join(said)
    assert choose(Task({precision: 1.0}), precision, kind="cuda")[0].products == "usual"


@pytest.mark.parametrize("answer", ["usual", "float32"])
def test_a_study_fixes_the_products_of_each_type(monkeypatch, answer):
    monkeypatch.setenv(choices.PINS, f"products=onednn,bfloat16_products={answer}")
    assert choose(Task({"float32": 1.0}))[0].products == "onednn"
    assert choose(Task({"bfloat16": 1.0}), "bfloat16")[0].products == answer


@pytest.mark.parametrize("size", [12, 16])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_way_of_attention_that_is_tried_works(dtype, size):
    contenders = attention_contenders((2, 2, 17, size), dtype, CPU)
    usual = "fused" if dtype == torch.float32 else "written_out"
    assert next(iter(contenders)) == usual
    assert ("padded" in contenders) == (size == 12)
    for run in contenders.values():
        run()
