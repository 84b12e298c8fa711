"""Names of tensors in weights of other programs, and ours."""

import re
from collections.abc import Iterable

Table = tuple[tuple[str, str], ...]
# transformers' ViTMAE: names in files of transformers 4, in files of transformers 5 and in its
# running networks. Order matters: "attention.output.dense" before "output.dense".
TRANSFORMERS: Table = (
    (r"^vit\.(?:encoder\.layer|layers)\.", "encoder.blocks."),
    (r"^decoder\.(?:decoder_layers|decoder_encoder\.layer)\.", "decoder.blocks."),
    (r"^vit\.embeddings\.cls_token$", "encoder.class_token"),
    (r"^vit\.embeddings\.patch_embeddings\.projection\.", "encoder.patch_embedding."),
    (r"^vit\.embeddings\.position_embeddings$", "encoder.positions"),
    (r"^vit\.layernorm\.", "encoder.norm."),
    (r"^decoder\.decoder_embed\.", "decoder.embedding."),
    (r"^decoder\.decoder_pos_embed$", "decoder.positions"),
    (r"^decoder\.decoder_norm\.", "decoder.norm."),
    (r"^decoder\.decoder_pred\.", "decoder.head."),
    (r"\.layernorm_before\.", ".attention_norm."),
    (r"\.layernorm_after\.", ".mlp_norm."),
    (r"\.attention\.(?:attention\.query|q_proj)\.", ".attention.query."),
    (r"\.attention\.(?:attention\.key|k_proj)\.", ".attention.key."),
    (r"\.attention\.(?:attention\.value|v_proj)\.", ".attention.value."),
    (r"\.attention\.(?:output\.dense|o_proj)\.", ".attention.projection."),
    (r"\.(?:intermediate\.dense|mlp\.fc1)\.", ".mlp.expand."),
    (r"\.(?:output\.dense|mlp\.fc2)\.", ".mlp.contract."),
)
# The reference MAE of He et al. (2022); its encoder has timm's names.
REFERENCE: Table = (
    (r"^cls_token$", "encoder.class_token"),
    (r"^pos_embed$", "encoder.positions"),
    (r"^patch_embed\.proj\.", "encoder.patch_embedding."),
    (r"^blocks\.", "encoder.blocks."),
    (r"^norm\.", "encoder.norm."),
    (r"^mask_token$", "decoder.mask_token"),
    (r"^decoder_pos_embed$", "decoder.positions"),
    (r"^decoder_embed\.", "decoder.embedding."),
    (r"^decoder_blocks\.", "decoder.blocks."),
    (r"^decoder_norm\.", "decoder.norm."),
    (r"^decoder_pred\.", "decoder.head."),
    (r"\.norm1\.", ".attention_norm."),
    (r"\.norm2\.", ".mlp_norm."),
    (r"\.attn\.qkv\.", ".attention.qkv."),
    (r"\.attn\.proj\.", ".attention.projection."),
    (r"\.mlp\.fc1\.", ".mlp.expand."),
    (r"\.mlp\.fc2\.", ".mlp.contract."),
)
# Ours to those in files of transformers 4, which every later version reads.
TO_TRANSFORMERS: Table = (
    (r"^encoder\.blocks\.", "vit.encoder.layer."),
    (r"^decoder\.blocks\.", "decoder.decoder_layers."),
    (r"^encoder\.class_token$", "vit.embeddings.cls_token"),
    (r"^encoder\.patch_embedding\.", "vit.embeddings.patch_embeddings.projection."),
    (r"^encoder\.positions$", "vit.embeddings.position_embeddings"),
    (r"^encoder\.norm\.", "vit.layernorm."),
    (r"^decoder\.embedding\.", "decoder.decoder_embed."),
    (r"^decoder\.positions$", "decoder.decoder_pos_embed"),
    (r"^decoder\.norm\.", "decoder.decoder_norm."),
    (r"^decoder\.head\.", "decoder.decoder_pred."),
    (r"\.attention_norm\.", ".layernorm_before."),
    (r"\.mlp_norm\.", ".layernorm_after."),
    (r"\.attention\.(query|key|value)\.", r".attention.attention.\1."),
    (r"\.attention\.projection\.", ".attention.output.dense."),
    (r"\.mlp\.expand\.", ".intermediate.dense."),
    (r"\.mlp\.contract\.", ".output.dense."),
)
# What programs put before all names.
PREFIXES = {
    "module.": "DataParallel",
    "_orig_mod.": "torch.compile",
    "model.": "a module of Lightning",
}


def renamed(name: str, table: Table) -> str:
    """The name by a table, unchanged if it is none of the table's."""
    for pattern, other in table:
        name = re.sub(pattern, other, name)
    return name


def common_prefix(names: Iterable[str]) -> str:
    """What programs put before all names, "module._orig_mod." for instance; "" if nothing."""
    names, found = list(names), ""
    while names and (
        prefix := next((p for p in PREFIXES if all(n.startswith(found + p) for n in names)), "")
    ):
        found += prefix
    return found
