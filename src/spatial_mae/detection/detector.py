"""Mask R-CNN (He et al. 2017) on a ViT: how it is built, and what it finds."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import AnchorGenerator

from spatial_mae.detection.backbone import PyramidBackbone
from spatial_mae.detection.coco import CocoImages
from spatial_mae.detection.recipe import DetectionRecipe
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.training.randomness import derived_seed
from spatial_mae.training.reading_ahead import ReadAhead

RATIOS = (0.5, 1.0, 2.0)
CUT = 0.5  # a pixel belongs to a mask from this probability on


def build_detector(
    encoder: VisionTransformer, n_classes: int, recipe: DetectionRecipe, seed: int
) -> MaskRCNN:
    """torchvision's Mask R-CNN for n_classes besides the background; its parts are drawn by `seed`.

    Reads images (C, H, W) in [0, 1] of any size, standardised as in pretraining.
    Raises ValueError as `PyramidBackbone`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, 0, 0, "detector"))
        backbone = PyramidBackbone(encoder, recipe.out_channels)
        sizes = tuple((size,) for size in recipe.anchor_sizes)
        model = MaskRCNN(
            backbone,
            **_heads(recipe.out_channels, n_classes + 1),
            min_size=recipe.image_size or 1,
            max_size=recipe.max_size,
            image_mean=encoder.pixel_mean.tolist(),
            image_std=encoder.pixel_deviation.tolist(),
            rpn_anchor_generator=AnchorGenerator(sizes, (RATIOS,) * len(sizes)),
            box_batch_size_per_image=recipe.regions,
            box_score_thresh=recipe.score_threshold,
            box_detections_per_img=recipe.detections,
            size_divisible=backbone.multiple,
        )

    if recipe.image_size is None:
        # Its own option _skip_resize holds in training alone.
        model.transform.resize = lambda image, target=None: (image, target)
    return model


def _heads(width: int, n_classes: int) -> dict[str, torch.nn.Module]:
    """torchvision's heads, as wide as the pyramid: its own sizes at a width of 256."""
    pooled, hidden = 7, 4 * width
    return {
        "box_head": TwoMLPHead(width * pooled**2, hidden),
        "box_predictor": FastRCNNPredictor(hidden, n_classes),
        "mask_head": MaskRCNNHeads(width, (width,) * 4, dilation=1),
        "mask_predictor": MaskRCNNPredictor(width, width, n_classes),
    }


@torch.inference_mode()
def detections(
    model: MaskRCNN, data: CocoImages, channels: int, device: torch.device
) -> Iterator[dict]:
    """What the model finds on each image, one at a time: COCO's results, as `scoring` reads."""
    from pycocotools import mask

    model.eval()
    for image, pixels in zip(data.images, _pixels(data, channels), strict=True):
        (found,) = model([pixels.to(device).float().div_(255)])
        corners, labels, scores = (found[k].cpu() for k in ("boxes", "labels", "scores"))
        shapes = (found["masks"][:, 0] >= CUT).to(torch.uint8).cpu().numpy()
        boxes = torch.cat([corners[:, :2], corners[:, 2:] - corners[:, :2]], dim=1)
        for i in range(len(scores)):
            lengths = mask.encode(np.asfortranarray(shapes[i]))
            yield {
                "image_id": image["id"],
                "category_id": data.categories[int(labels[i]) - 1],
                "bbox": boxes[i].tolist(),
                "segmentation": lengths,
                "score": float(scores[i]),
            }


def _pixels(data: CocoImages, channels: int) -> Iterator[Tensor]:
    """Of each image, uint8 (C, H, W): a thread reads the next one meanwhile."""

    def read(request: np.ndarray) -> Tensor:
        pixels = data.pixels(data.images[int(request[0])], channels)
        return torch.from_numpy(pixels).permute(2, 0, 1)

    numbers = np.arange(len(data.images))[:, None]
    with closing(ReadAhead(lambda request: partial(read, request), "images")) as reader:
        reader.will_read(numbers)
        yield from map(reader.get, numbers)
