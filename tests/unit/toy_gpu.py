"""A GPU for tests on machines without one: the CPU computes, but what lies where is kept apart.

Its tensors say that they are on another device. An operation on tensors of both devices raises, so
does `numpy()`. Allowed are copies by `to` and `copy_`, numbers of the CPU without dimensions, and
indices of the CPU. Seeds give the numbers of the CPU: results differ by rounding alone.
"""

import torch
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only

NAME = "toy"


class Module(backend_registration._DummyBackendModule):
    """What PyTorch asks for as `torch.toy`. It counts no device: none has random numbers."""

    def device_count(self):
        return 0


backend_registration._setup_privateuseone_for_python_backend(NAME, Module())
GPU = torch.device(NAME, 0)
COPIES = {"aten::_to_copy", "aten::copy_"}
READS = {"aten::index"}  # by indices of either device


class OnGpu(torch.Tensor):
    """A tensor of the GPU, whose values `held` has on the CPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            layout=held.layout,
            device=GPU,
        )

    def __init__(self, held):
        self.held = held

    def tolist(self):
        return self.held.tolist()

    def new_tensor(self, data, dtype=None):
        return torch.tensor(data, dtype=dtype or self.dtype).to(GPU)

    def numpy(self):
        raise TypeError("a tensor of the GPU is no numpy array; copy it to the CPU first")

    @classmethod
    def __torch_dispatch__(cls, operation, types, arguments=(), options=None):
        return computed(operation, arguments, options or {})


class ToyGpu(TorchDispatchMode):
    """In this context tensors can be made on `GPU`."""

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        return computed(operation, arguments, options or {})


class Generator(torch.Generator):
    """Random numbers of a device: on the GPU the CPU's, which it says are its own."""

    def __new__(cls, device="cpu"):
        return super().__new__(GpuGenerator if torch.device(device).type == NAME else cls)


class GpuGenerator(Generator):
    device = GPU

    def __new__(cls, device=GPU):
        return torch.Generator.__new__(cls)


def made_by(function):
    """`torch.tensor` or the like, which would make a GPU's tensor without asking `ToyGpu`."""

    def make(data, *arguments, device=None, **options):
        made = function(data, *arguments, **options)
        return made if device is None else made.to(device)

    return make


def computed(operation, arguments, options):
    name = operation._schema.name
    tensors = [t for t in tree_leaves((arguments, options)) if isinstance(t, torch.Tensor)]
    there = [t for t in tensors if isinstance(t, OnGpu)]
    here = [t for t in tensors if t.ndim and not isinstance(t, OnGpu)]
    of_gpu = bool(arguments) and isinstance(arguments[0], OnGpu)  # an import asks with none
    free = COPIES | READS if of_gpu else COPIES
    if there and here and name not in free:
        shapes = ([tuple(t.shape) for t in found] for found in (there, here))
        raise RuntimeError("{}: {} on the GPU, {} on the CPU".format(operation, *shapes))
    targets = [d for d in tree_leaves((arguments, options)) if isinstance(d, torch.device)]
    if targets:
        wanted = targets[0].type == NAME
    else:
        wanted = of_gpu if name == "aten::copy_" else bool(there)
    held = tree_map_only(OnGpu, lambda t: t.held, (arguments, options))
    held = tree_map_only(torch.device, lambda _: torch.device("cpu"), held)
    result = operation(*held[0], **held[1])
    if wanted:
        result = tree_map_only(torch.Tensor, OnGpu, result)
    return return_and_correct_aliasing(operation, arguments, options, result) if there else result
