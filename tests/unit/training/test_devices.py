"""A run gets a GPU if there is one, else the CPU: torch is told which GPUs there are."""

from types import SimpleNamespace

import pytest
import torch

from spatial_mae.training import devices
from spatial_mae.training.gpu_memory import shares_taken

TWO = ["GPU-aaaa", "GPU-bbbb"]


class Full(Exception):
    """All GPUs are taken."""


def full():
    raise Full


def pretend(monkeypatch, uuids):
    """Let torch answer as on a machine with these GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(uuids))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(uuids))
    properties = [SimpleNamespace(**({"uuid": uuid} if uuid else {})) for uuid in uuids]
    monkeypatch.setattr(torch.cuda, "get_device_properties", properties.__getitem__)
    monkeypatch.setattr(devices, "_compute_a_little", lambda device: None)


def test_without_a_gpu_the_cpu_is_never_waited_for(monkeypatch):
    pretend(monkeypatch, [])
    with devices.choose_device(1, full) as first, devices.choose_device(1, full) as second:
        assert first == second == torch.device("cpu")


def test_a_gpu_is_taken_and_made_the_current_one(monkeypatch, tmp_path):
    pretend(monkeypatch, TWO)
    current = []
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    monkeypatch.setattr(devices, "lock_folder", lambda: tmp_path)
    with devices.choose_device(1, full) as first, devices.choose_device(1, full) as second:
        assert [first, second] == [torch.device("cuda", 0), torch.device("cuda", 1)]
        assert current == [first, second]
        with pytest.raises(Full), devices.choose_device(1, full):
            pass


def test_processes_of_one_run_get_a_gpu_each_or_all_the_cpu(monkeypatch, tmp_path):
    pretend(monkeypatch, [])
    with devices.choose_devices(2, 1, full) as found:
        assert found == (torch.device("cpu"),) * 2
    pretend(monkeypatch, TWO)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: pytest.fail("the worker's to do"))
    monkeypatch.setattr(devices, "lock_folder", lambda: tmp_path)
    with devices.choose_devices(2, 1, full) as found:
        assert found == (torch.device("cuda", 0), torch.device("cuda", 1))
        with pytest.raises(Full), devices.choose_devices(2, 1, full):
            pass
    with (
        pytest.raises(ValueError, match="3 processes need 3 GPUs, but 2 can be seen"),
        devices.choose_devices(3, 1, full),
    ):
        pass


def driver_says(folder, monkeypatch, text):
    """Put a tool of the driver first in PATH that answers so."""
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\ncat <<END\n{text}\nEND\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_of_two_gpus_the_one_that_others_do_not_use_is_taken(monkeypatch, tmp_path, caplog):
    caplog.set_level("INFO")
    pretend(monkeypatch, ["aaaa", "bbbb"])  # torch leaves out what comes before
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    monkeypatch.setattr(devices, "lock_folder", lambda: tmp_path)
    driver_says(tmp_path, monkeypatch, "GPU-aaaa, 70000, 80000\nGPU-bbbb, 5, 80000")
    with devices.choose_device(1, full) as first:
        assert first.index == 1
        said = "GPU 0: 88% of its memory is taken; training on GPU 1"
        assert said in caplog.text and "other programs" not in caplog.text
        with devices.choose_device(1, full) as second:
            assert second.index == 0
            said = "GPU 0: 88% of its memory is taken by other programs; it may run out"
            assert said in caplog.text


@pytest.mark.parametrize("answer", ["GPU-aaaa, [N/A], [N/A]\nGPU-bbbb, [N/A], [N/A]", "No devices"])
def test_a_driver_that_does_not_say_decides_nothing(monkeypatch, tmp_path, answer):
    driver_says(tmp_path, monkeypatch, answer)
    assert shares_taken(TWO) == [0.0, 0.0]
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert shares_taken(TWO) == [0.0, 0.0]


@pytest.mark.parametrize("visible, warned", [("", False), ("7", True)])
def test_hidden_gpus_mean_the_cpu_and_a_wrong_number_a_warning(
    monkeypatch, caplog, visible, warned
):
    pretend(monkeypatch, [])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with devices.choose_device(1) as device:
        assert device.type == "cpu"
    assert ("CUDA_VISIBLE_DEVICES=7" in caplog.text) == warned


def test_less_than_one_run_per_gpu_is_an_error():
    with pytest.raises(ValueError, match="runs_per_gpu = 0"), devices.choose_device(0):
        pass


def test_threads():
    before = torch.get_num_threads()
    try:
        devices.set_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    with pytest.raises(ValueError, match="0 threads"):
        devices.set_threads(0)


@pytest.mark.parametrize(
    ("visible", "uuids", "names"),
    [
        (None, TWO, TWO),
        ("1,0", TWO, TWO),
        ("MIG-2", ["whole"], ["MIG-2"]),
        ("MIG-GPU-whole/3/0", ["whole"], ["MIG-GPU-whole-3-0"]),
        (" MIG-1 , MIG-2", ["whole", "whole"], ["MIG-1", "MIG-2"]),
        ("0", ["whole", "whole"], ["whole-0", "whole-1"]),
        ("GPU-cccc", [None], ["GPU-cccc"]),
        (None, [None, None], ["0", "1"]),
    ],
)
def test_no_two_gpus_or_parts_of_one_have_the_same_name(monkeypatch, visible, uuids, names):
    pretend(monkeypatch, uuids)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices.visible_gpus() == names


def test_processes_that_see_two_parts_of_a_gpu_do_not_wait_for_each_other(monkeypatch, tmp_path):
    pretend(monkeypatch, ["whole"])
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    monkeypatch.setattr(devices, "lock_folder", lambda: tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-GPU-whole/1/0")
    with devices.choose_device(1, full) as first:
        with pytest.raises(Full), devices.choose_device(1, full):
            pass
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-GPU-whole/2/0")
        with devices.choose_device(1, full) as second:
            assert first == second == torch.device("cuda", 0)


def fail_on(monkeypatch, message):
    """Let the first kernel on an old GPU end in an error."""

    def fail(device):
        raise RuntimeError(message)

    pretend(monkeypatch, ["GPU-aaaa"])
    monkeypatch.setattr(devices, "_compute_a_little", fail)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (3, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla K40")
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_90"])


def test_a_gpu_that_this_torch_is_not_built_for_is_a_clear_error(monkeypatch, tmp_path):
    fail_on(monkeypatch, "CUDA error: no kernel image is available for execution on the device")
    monkeypatch.setattr(devices, "lock_folder", lambda: tmp_path)
    wanted = (
        r"Tesla K40 \(cuda:0\) has compute capability 3.5 \(sm_35\), but torch .* is built for "
        r"sm_75, sm_90: install a build of torch for this GPU .* CUDA_VISIBLE_DEVICES"
    )
    with pytest.raises(RuntimeError, match=wanted), devices.choose_device(1, full):
        pytest.fail("long work began")


def test_other_errors_of_a_gpu_pass(monkeypatch):
    fail_on(monkeypatch, "CUDA error: all CUDA-capable devices are busy or unavailable")
    with pytest.raises(RuntimeError, match="^CUDA error: all CUDA-capable"):
        devices.take_gpu(torch.device("cuda", 0))


def test_the_little_that_is_computed_needs_a_kernel():
    devices._compute_a_little(torch.device("cpu"))
    with pytest.raises(RuntimeError):
        devices._compute_a_little(torch.device("meta"))  # nothing comes out of it
