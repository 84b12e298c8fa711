"""Settings of the judgement of a probe on shifted images. Needs no torch."""

from dataclasses import dataclass

from spatial_mae.evaluation.recipe import Tokens
from spatial_mae.study.keys import Count, UserPath


@dataclass(frozen=True)
class RobustnessRecipe:
    """Which probe is judged, and the images it is judged on."""

    evaluation: str = "default"
    """Recipe of the evaluation that fits the probe."""
    tokens: Tokens = "mean"
    """What is probed: the mean patch token or the class token."""
    n_test: Count | None = None
    """Images of each set, corruption and severity; null: all."""
    prepared: tuple[str, ...] = ()
    """Data sets of the config on whose test images, of the same size, the probe is judged."""
    cifar10_c: UserPath | None = None
    """Folder of CIFAR-10-C, with labels.npy and one .npy a corruption; null: none."""
    cifar10_1: UserPath | None = None
    """Folder of CIFAR-10.1, with cifar10.1_v6_data.npy and its labels; null: none."""
    imagenet_v2: UserPath | None = None
    """Folder of one version of ImageNet-v2, with folders 0 to 999; null: none. [Kong]"""
    imagenet_a: UserPath | None = None
    """Folder of ImageNet-A, with folders named by WordNet ids; null: none. [Kong]"""
    imagenet_r: UserPath | None = None
    """Folder of ImageNet-R, with folders named by WordNet ids; null: none. [Kong]"""
    imagenet_sketch: UserPath | None = None
    """Folder of ImageNet-Sketch, with folders named by WordNet ids; null: none. [Kong]"""
    objectnet: UserPath | None = None
    """Folder of ObjectNet, with images/ and mappings/; null: none. [Kong]"""
    cue_conflict: UserPath | None = None
    """Folder of cue-conflict images such as cat7-elephant3.png, shape before texture; null: none.
    [Kong]"""

    def __post_init__(self) -> None:
        folders = (self.cifar10_c, self.cifar10_1, self.cue_conflict, self.objectnet)
        variants = (self.imagenet_v2, self.imagenet_a, self.imagenet_r, self.imagenet_sketch)
        if not (self.prepared or any(folders) or any(variants)):
            raise ValueError(
                "no shifted images: name some under prepared, cifar10_c, cifar10_1, imagenet_v2, "
                "imagenet_a, imagenet_r, imagenet_sketch, objectnet or cue_conflict"
            )
