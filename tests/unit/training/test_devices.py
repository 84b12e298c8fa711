"""A run gets a GPU if there is one, else the CPU: torch is told which GPUs there are."""

from types import SimpleNamespace

import pytest
import torch

from spatial_mae.training import devices

TWO = ["GPU-aaaa", "GPU-bbbb"]


class Full(Exception):
    """All GPUs are taken."""


def full():
    raise Full


def pretend(monkeypatch, uuids):
    """Let torch answer as on a machine with these GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(uuids))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(uuids))
    properties = [SimpleNamespace(uuid=uuid) for uuid in uuids]
    monkeypatch.setattr(torch.cuda, "get_device_properties", properties.__getitem__)


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
        assert current == [0, 1]
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
