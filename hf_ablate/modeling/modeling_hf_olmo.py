"""The released seeds' architecture as a transformers model. Self-contained: it is pushed with the weights.

A decoder whose differences from transformers' own are: LayerNorm with bias everywhere, over the whole width of queries
and keys too; fused projections with biases; no attention output projection (unless the configuration says `attn_out:
linear`); SwiGLU whose second half is the gate; output tied to an embedding with more rows than the vocabulary.
Parameters are named as in the released checkpoints.
"""

import copy
import json
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator

import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.cache_utils import Cache, DynamicCache
from transformers.generation import GenerationMixin
from transformers.masking_utils import create_causal_mask
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.utils import cached_file, can_return_tuple
from transformers.utils.generic import merge_with_config_defaults
from transformers.utils.output_capturing import OutputRecorder, capture_outputs

from .configuration_hf_olmo import HfOlmoConfig


CHECKPOINT_NAMES = ("model.safetensors", "pytorch_model.bin")
DOWNLOAD_ARGUMENTS = ("cache_dir", "force_download", "proxies", "local_files_only", "token", "revision", "subfolder")


class HfOlmoLayerNorm(nn.LayerNorm):
    """LayerNorm that, with `layer_norm_type: low_precision`, runs in autocast's type instead of float32."""

    def __init__(self, config: HfOlmoConfig):
        super().__init__(config.d_model, eps=config.layer_norm_eps)
        self.low_precision = config.layer_norm_type == "low_precision"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise over the last axis.

        Returns:
            `torch.Tensor`: of the shape of `x`; its dtype is autocast's with `low_precision`, else as in torch.
        """
        device = x.device.type
        if not self.low_precision or not torch.is_autocast_enabled(device):
            return super().forward(x)
        dtype = torch.get_autocast_dtype(device)
        with torch.autocast(device, enabled=False):
            return F.layer_norm(
                x.to(dtype), self.normalized_shape, self.weight.to(dtype), self.bias.to(dtype), self.eps
            )


class HfOlmoRotaryEmbedding(nn.Module):
    """Cosine and sine of every position's angles.

    It holds no buffer, so that casting the model cannot round the frequencies and a model made on the meta device has
    nothing to fill in; computing them takes a few operations on `head_dim / 2` numbers in each forward.
    """

    def __init__(self, config: HfOlmoConfig):
        super().__init__()
        self.theta = config.rope_theta
        self.head_dim = config.head_dim
        self.full_precision = config.rope_full_precision

    @torch.no_grad()
    def forward(self, x: torch.Tensor, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The cosines and sines of positions.

        Args:
            x (`torch.Tensor`): its dtype is the result's, unless `rope_full_precision` is set.
            position_ids (`torch.Tensor`): [batch, length], integers.

        Returns:
            `tuple[torch.Tensor, torch.Tensor]`: each [batch, length, 1, head_dim / 2], of the dtype of `x` or float32.
        """
        exponents = torch.arange(0, self.head_dim, 2, dtype=torch.float32, device=position_ids.device) / self.head_dim
        angles = position_ids[:, :, None, None].float() * (1.0 / self.theta**exponents)
        dtype = torch.float32 if self.full_precision else x.dtype
        return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotate the pairs (i, i + head_dim / 2) of every head by their position's angle.

    Args:
        x (`torch.Tensor`): [batch, length, heads, head_dim].
        cos (`torch.Tensor`): [batch, length, 1, head_dim / 2].
        sin (`torch.Tensor`): [batch, length, 1, head_dim / 2].

    Returns:
        `torch.Tensor`: of the shape and dtype of `x`.
    """
    first, second = x.chunk(2, dim=-1)
    turned = torch.addcmul(first * cos, second, sin, value=-1), torch.addcmul(second * cos, first, sin)
    return torch.cat(turned, dim=-1).to(x.dtype)


def eager_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **kwargs,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention written out, softmax in float32: the only implementation that returns its weights.

    Args:
        module (`nn.Module`): the block; dropout acts only while it is in training mode.
        query (`torch.Tensor`): [batch, heads, length, head_dim].
        key (`torch.Tensor`): [batch, heads, keys, head_dim].
        value (`torch.Tensor`): [batch, heads, keys, head_dim].
        attention_mask (`torch.Tensor`, *optional*): [batch, 1, length, keys], added to the scores.
        scaling (`float`): what the scores are multiplied by.
        dropout (`float`): the share of weights that are dropped in training.

    Returns:
        `tuple[torch.Tensor, torch.Tensor]`: the attended values, [batch, length, heads, head_dim], and the weights,
        [batch, heads, length, keys], both of the dtype of `query`.
    """
    scores = query @ key.transpose(-1, -2) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = F.dropout(scores.softmax(dim=-1, dtype=torch.float32).to(query.dtype), dropout, module.training)
    return (weights @ value).transpose(1, 2).contiguous(), weights


class HfOlmoBlock(GradientCheckpointingLayer):
    """`x + attn(attn_norm(x))`, then `x + ff_out(act(ff_proj(ff_norm(x))))`.

    The attention interface gets the block itself as the attention module, hence the attributes it reads.
    """

    def __init__(self, config: HfOlmoConfig, layer_idx: int):
        super().__init__()
        self.config = config
        self.layer_idx = layer_idx
        self.is_causal = True
        self.num_key_value_groups = 1
        self.head_dim = config.head_dim
        self.scaling = config.head_dim**-0.5
        self.attn_norm = HfOlmoLayerNorm(config)
        self.att_proj = nn.Linear(config.d_model, 3 * config.d_model)
        self.q_norm = HfOlmoLayerNorm(config)
        self.k_norm = HfOlmoLayerNorm(config)
        if config.attn_out == "linear":
            self.attn_out = nn.Linear(config.d_model, config.d_model)
        self.ff_norm = HfOlmoLayerNorm(config)
        self.ff_proj = nn.Linear(config.d_model, config.fused_mlp_size)
        self.ff_out = nn.Linear(config.intermediate_size, config.d_model)
        # The seeds' training shrank what is written back into the residual stream by the number of such writes.
        self.ff_out.init_std = config.init_std / math.sqrt(2 * config.n_layers)

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        position_embeddings: tuple[torch.Tensor, torch.Tensor] | None = None,
        past_key_values: Cache | None = None,
        **kwargs,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """One block.

        Args:
            hidden_states (`torch.Tensor`): [batch, length, d_model].
            attention_mask (`torch.Tensor`, *optional*): as the attention implementation takes it.
            position_embeddings (`tuple[torch.Tensor, torch.Tensor]`): the cosines and sines of the positions.
            past_key_values (`Cache`, *optional*): keys and values of earlier positions; extended by these.

        Returns:
            `tuple[torch.Tensor, torch.Tensor | None]`: hidden states of the same shape and dtype, and the attention's
            weights where its implementation returns them.
        """
        shape = (*hidden_states.shape[:-1], -1, self.head_dim)
        query, key, value = self.att_proj(self.attn_norm(hidden_states)).chunk(3, dim=-1)
        # Rotated before the heads come forward: on contiguous memory it takes half the time.
        query = rotate(self.q_norm(query).to(value.dtype).view(shape), *position_embeddings).transpose(1, 2)
        key = rotate(self.k_norm(key).to(value.dtype).view(shape), *position_embeddings).transpose(1, 2)
        value = value.view(shape).transpose(1, 2)
        if past_key_values is not None:
            key, value = past_key_values.update(key, value, self.layer_idx)

        attention: Callable = ALL_ATTENTION_FUNCTIONS.get_interface(self.config._attn_implementation, eager_attention)
        attended, weights = attention(
            self, query, key, value, attention_mask, dropout=0.0, scaling=self.scaling, **kwargs
        )
        attended = attended.reshape(hidden_states.shape)
        if self.config.attn_out == "linear":
            attended = self.attn_out(attended)
        hidden_states = hidden_states + attended

        x, gate = self.ff_proj(self.ff_norm(hidden_states)).chunk(2, dim=-1)
        return hidden_states + self.ff_out(F.silu(gate) * x), weights


class HfOlmoPreTrainedModel(PreTrainedModel):
    """What the two models share: initial weights, and how a checkpoint's `attn_out` is recognised."""

    config: HfOlmoConfig
    config_class = HfOlmoConfig
    base_model_prefix = "model"
    supports_gradient_checkpointing = True
    _no_split_modules = ["HfOlmoBlock"]
    _skip_keys_device_placement = ["past_key_values"]
    _supports_flash_attn = True
    _supports_sdpa = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    _can_compile_fullgraph = True
    # Checkpoints of the original training carry the rotary frequencies, which follow from `rope_theta`.
    _keys_to_ignore_on_load_unexpected = [r"\.rotary_emb\.inv_freq$"]
    _can_record_outputs = {"hidden_states": HfOlmoBlock, "attentions": OutputRecorder(HfOlmoBlock, index=1)}

    def _init_weights(self, module: nn.Module):
        std = getattr(module, "init_std", self.config.init_std)
        if isinstance(module, nn.Linear):
            init.normal_(module.weight, mean=0.0, std=std)
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            init.normal_(module.weight, mean=0.0, std=std)
        elif isinstance(module, nn.LayerNorm):
            init.ones_(module.weight)
            init.zeros_(module.bias)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, *model_args, config=None, **kwargs):
        """As in transformers, but a checkpoint is inspected first if its configuration does not record its `attn_out`.

        The released checkpoints hold an identity there. Every process decides by the same files, so that the model has
        the same modules in all of them, even where only one of them loads the weights.
        """
        state_dict = kwargs.pop("state_dict", None)
        download = {name: kwargs[name] for name in DOWNLOAD_ARGUMENTS if name in kwargs}
        if not isinstance(config, PreTrainedConfig):
            config, kwargs = cls.config_class.from_pretrained(
                config or pretrained_model_name_or_path, return_unused_kwargs=True, **kwargs
            )
            kwargs.update(download)
        if config.attn_out is None:
            config = copy.deepcopy(config)
            if state_dict is None:
                tensors = attn_out_tensors(pretrained_model_name_or_path, kwargs.get("variant"), download)
            else:
                tensors = ((name, tensor) for name, tensor in state_dict.items() if ".attn_out." in name)
            config.attn_out = "identity" if is_identity(tensors) else "linear"
        return super().from_pretrained(
            pretrained_model_name_or_path, *model_args, config=config, state_dict=state_dict, **kwargs
        )


class HfOlmoModel(HfOlmoPreTrainedModel):
    """The blocks between the token embedding and the last LayerNorm."""

    def __init__(self, config: HfOlmoConfig):
        super().__init__(config)
        if config.attn_out == "identity":
            self._keys_to_ignore_on_load_unexpected = [*self._keys_to_ignore_on_load_unexpected, r"\.attn_out\."]
        elif config.attn_out is None:
            config.attn_out = "identity"
        self.transformer = nn.ModuleDict(
            {
                # No `padding_idx`: the padding id of the released configurations is an ordinary token.
                "wte": nn.Embedding(config.embedding_size, config.d_model),
                "blocks": nn.ModuleList(HfOlmoBlock(config, index) for index in range(config.n_layers)),
                "ln_f": HfOlmoLayerNorm(config),
            }
        )
        self.rotary_emb = HfOlmoRotaryEmbedding(config)
        self.gradient_checkpointing = False
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        return self.transformer.wte

    def set_input_embeddings(self, value: nn.Embedding):
        self.transformer.wte = value

    @merge_with_config_defaults
    @capture_outputs
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs,
    ) -> BaseModelOutputWithPast:
        """The hidden states after the last LayerNorm.

        Several sequences packed into a row are kept apart when `position_ids` restart at 0 with each of them and no
        `attention_mask` is given.

        Args:
            input_ids (`torch.LongTensor`, *optional*): [batch, length], token ids.
            attention_mask (`torch.Tensor`, *optional*): [batch, length], 0 for padding.
            position_ids (`torch.LongTensor`, *optional*): [batch, length]; by default counted on from the cache.
            past_key_values (`Cache`, *optional*): keys and values of earlier positions; extended by these.
            inputs_embeds (`torch.Tensor`, *optional*): [batch, length, d_model], instead of `input_ids`.
            use_cache (`bool`, *optional*): whether to make a cache if none is given.

        Returns:
            `BaseModelOutputWithPast`: `last_hidden_state` is [batch, length, d_model], in the model's dtype.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds, not both and not neither")
        if inputs_embeds is None:
            inputs_embeds = self.transformer.wte(input_ids)
        # Before a cache is made: with one, packed sequences are not looked for; and our own positions are not packed.
        causal_mask = create_causal_mask(
            config=self.config,
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            past_key_values=past_key_values,
            position_ids=position_ids,
        )
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        if position_ids is None:
            seen = past_key_values.get_seq_length() if past_key_values is not None else 0
            position_ids = torch.arange(inputs_embeds.shape[1], device=inputs_embeds.device).unsqueeze(0) + seen

        hidden_states = inputs_embeds
        position_embeddings = self.rotary_emb(hidden_states, position_ids)
        for block in self.transformer.blocks:
            hidden_states, _ = block(
                hidden_states,
                attention_mask=causal_mask,
                position_embeddings=position_embeddings,
                past_key_values=past_key_values,
                position_ids=position_ids,
                use_cache=use_cache,
                **kwargs,
            )
        return BaseModelOutputWithPast(
            last_hidden_state=self.transformer.ln_f(hidden_states), past_key_values=past_key_values
        )


class HfOlmoForCausalLM(HfOlmoPreTrainedModel, GenerationMixin):
    """
    The seed and component models released with the paper (https://huggingface.co/papers/2410.15661).

    Logits have `config.embedding_size` columns, of which the last ones belong to no entry of the vocabulary; the
    paper's perplexities normalise over all of them.

    Example:

    ```python
    >>> import torch
    >>> from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM
    >>> config = HfOlmoConfig(d_model=32, n_layers=2, n_heads=4)
    >>> model = HfOlmoForCausalLM(config)
    >>> model(input_ids=torch.arange(6).view(2, 3)).logits.shape
    torch.Size([2, 3, 50304])

    ```
    """

    _tied_weights_keys = {"lm_head.weight": "model.transformer.wte.weight"}

    def __init__(self, config: HfOlmoConfig):
        super().__init__(config)
        self.model = HfOlmoModel(config)
        self.lm_head = nn.Linear(config.d_model, config.embedding_size, bias=False)
        self.post_init()

    def resize_token_embeddings(self, *args, **kwargs) -> nn.Embedding:
        """As in transformers; the number of rows is recorded as `embedding_size` too."""
        embeddings = super().resize_token_embeddings(*args, **kwargs)
        self.config.embedding_size = embeddings.num_embeddings
        return embeddings

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.LongTensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs,
    ) -> CausalLMOutputWithPast:
        """The logits of the next tokens, and a loss if `labels` are given.

        Args:
            input_ids (`torch.LongTensor`, *optional*): [batch, length], token ids.
            attention_mask (`torch.Tensor`, *optional*): [batch, length], 0 for padding.
            position_ids (`torch.LongTensor`, *optional*): [batch, length]; see [`HfOlmoModel`].
            past_key_values (`Cache`, *optional*): keys and values of earlier positions; extended by these.
            inputs_embeds (`torch.Tensor`, *optional*): [batch, length, d_model], instead of `input_ids`.
            labels (`torch.LongTensor`, *optional*): [batch, length], the token ids themselves, with -100 where nothing
                is to be predicted; the shift by one happens here.
            use_cache (`bool`, *optional*): whether to make a cache if none is given.
            logits_to_keep (`int` or `torch.Tensor`): compute only this many last positions (0: all), or the positions
                with these indices.

        Returns:
            `CausalLMOutputWithPast`: `logits` are [batch, positions kept, embedding_size], in the model's dtype.
        """
        outputs = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(outputs.last_hidden_state[:, kept])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.embedding_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=outputs.past_key_values,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


def is_identity(tensors: Iterable[tuple[str, torch.Tensor]]) -> bool:
    """Whether all of these weights are exactly the identity and all of these biases exactly zero."""
    for name, tensor in tensors:
        identity = torch.eye(len(tensor), dtype=tensor.dtype) if name.endswith("weight") else torch.zeros_like(tensor)
        if not torch.equal(tensor, identity):
            return False
    return True


def attn_out_tensors(name_or_path: str, variant: str | None, download: dict) -> Iterator[tuple[str, torch.Tensor]]:
    """The attention output projections in the checkpoint of a folder or Hub id, one tensor at a time.

    Args:
        name_or_path (`str`): the folder or Hub id.
        variant (`str`, *optional*): of the file names, as in `from_pretrained`.
        download (`dict`): options of the download, as in `from_pretrained`.

    Returns:
        `Iterator[tuple[str, torch.Tensor]]`: names, and tensors of the checkpoint's shapes and dtype.
    """
    for file in checkpoint_files(name_or_path, variant, download):
        if file.endswith(".safetensors"):
            with safe_open(file, framework="pt") as tensors:
                for name in tensors.keys():  # noqa: SIM118 - not a dict
                    if ".attn_out." in name:
                        yield name, tensors.get_tensor(name)
        else:
            tensors = torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
            yield from ((name, tensor) for name, tensor in tensors.items() if ".attn_out." in name)


def checkpoint_files(name_or_path: str, variant: str | None, download: dict) -> list[str]:
    """The file that transformers would load, or the shards that hold an `attn_out`; empty if there is none.

    Args:
        name_or_path (`str`): the folder or Hub id.
        variant (`str`, *optional*): of the file names, as in `from_pretrained`.
        download (`dict`): options of the download, as in `from_pretrained`.
    """
    download = {**download, "_raise_exceptions_for_missing_entries": False}
    for name in CHECKPOINT_NAMES:
        stem, _, extension = name.partition(".")
        name = f"{stem}.{variant}.{extension}" if variant else name
        if (file := cached_file(name_or_path, name, **download)) is not None:
            return [file]
        index_name = f"{stem}.{extension}.index.{variant}.json" if variant else f"{stem}.{extension}.index.json"
        if (index := cached_file(name_or_path, index_name, **download)) is not None:
            with open(index, encoding="utf-8") as stream:
                shards = json.load(stream)["weight_map"]
            shards = sorted({shard for name, shard in shards.items() if ".attn_out." in name})
            return [cached_file(name_or_path, shard, **download) for shard in shards]
    return []


HfOlmoConfig.register_for_auto_class()
HfOlmoModel.register_for_auto_class("AutoModel")
HfOlmoForCausalLM.register_for_auto_class("AutoModelForCausalLM")
