"""The size of models of all kinds of architectures, against counts by hand."""

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BambaConfig,
    DeepseekV3Config,
    FalconH1Config,
    Gemma3Config,
    JambaConfig,
    Lfm2Config,
    LlamaConfig,
    Mamba2Config,
    MambaConfig,
    MixtralConfig,
    Qwen3NextConfig,
    RwkvConfig,
    Zamba2Config,
)

from hf_ablate.model_config import active_experts, attention_width, context_of, text_config, vocabulary_size
from hf_ablate.model_size import ModelSize, size_of


VOCABULARY, HIDDEN, BLOCK = 64, 16, 32
SHAPE = {"vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": 32, "num_attention_heads": 2,
         "num_key_value_heads": 2, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}  # fmt: skip
HEAD = VOCABULARY * HIDDEN
ATTENTION, FEED_FORWARD = 4 * HIDDEN * HIDDEN, 3 * HIDDEN * 32


def measured(config) -> ModelSize:
    with torch.device("meta"):
        return size_of(AutoModelForCausalLM.from_config(config))


def test_of_a_layer_of_experts_those_count_that_a_token_passes_through():
    config = MixtralConfig(**SHAPE, num_hidden_layers=1, num_local_experts=4, num_experts_per_tok=2)
    size = measured(config)
    router, norms = 4 * HIDDEN, 3 * HIDDEN
    assert size.parameters == 2 * HEAD + ATTENTION + 4 * FEED_FORWARD + router + norms
    assert size.matmul_parameters == HEAD + ATTENTION + 2 * FEED_FORWARD + router + norms
    assert size.flops(10, BLOCK) == 10 * (6 * size.matmul_parameters + 12 * HIDDEN * BLOCK)
    assert size.forward_flops(10, BLOCK) == 10 * (2 * size.matmul_parameters + 4 * HIDDEN * BLOCK)
    assert not size.note


def test_shared_experts_count_for_every_token_and_heads_of_latent_attention_at_their_own_widths():
    config = DeepseekV3Config(
        **SHAPE, num_hidden_layers=2, moe_intermediate_size=8, n_routed_experts=4, num_experts_per_tok=1,
        n_shared_experts=2, n_group=1, topk_group=1, first_k_dense_replace=1, q_lora_rank=None, kv_lora_rank=4,
        qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=8,
    )  # fmt: skip
    size = measured(config)
    expert = 3 * HIDDEN * 8
    attention = HIDDEN * 2 * 10 + HIDDEN * (4 + 4) + 4 + 4 * 2 * (6 + 8) + 2 * 8 * HIDDEN
    routed = 4 * HIDDEN + (1 + 2) * expert
    assert size.matmul_parameters == HEAD + 2 * attention + FEED_FORWARD + routed + 5 * HIDDEN
    assert size.attention == 2 * (2 * 10 + 2 * 8) // 2


def test_a_recurrent_model_has_no_attention():
    size = measured(MambaConfig(vocab_size=VOCABULARY, hidden_size=HIDDEN, state_size=4, num_hidden_layers=2))
    inner, rank = 2 * HIDDEN, 1
    mixer = (
        2 * inner * HIDDEN + (4 + 1) * inner + inner * (rank + 2 * 4) + (rank + 1) * inner + (4 + 1) * inner
        + inner * HIDDEN
    )  # fmt: skip
    assert size.matmul_parameters == HEAD + 2 * (mixer + HIDDEN) + HIDDEN
    assert size.flops(10, BLOCK) == 10 * 6 * size.matmul_parameters
    assert not size.note


MAMBA = {"mamba_d_state": 4, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_n_groups": 1}
LINEAR = {"linear_num_value_heads": 2, "linear_num_key_heads": 2, "linear_key_head_dim": 8, "linear_value_head_dim": 8}


@pytest.mark.parametrize(
    ("config", "layers", "width"),
    [
        (JambaConfig(**SHAPE, num_hidden_layers=8, attn_layer_period=4, attn_layer_offset=1), 2, HIDDEN),
        (BambaConfig(**SHAPE, num_hidden_layers=4, attn_layer_indices=[2], **MAMBA), 1, HIDDEN),
        (FalconH1Config(**SHAPE, num_hidden_layers=3, mamba_d_ssm=32, **MAMBA), 3, HIDDEN),
        (Lfm2Config(**SHAPE, num_hidden_layers=3, layer_types=["conv", "full_attention", "conv"]), 1, HIDDEN),
        (Qwen3NextConfig(**SHAPE, num_hidden_layers=4, head_dim=8, **LINEAR), 1, HIDDEN),
        # both of Zamba2's inputs, the layer's and the embedding, are attended to
        (Zamba2Config(**SHAPE, num_hidden_layers=4, layers_block_type=["mamba", "hybrid"] * 2), 2, 2 * HIDDEN),
        (Mamba2Config(vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=2, num_heads=4, head_dim=8), 0, 0),
        (LlamaConfig(**SHAPE, num_hidden_layers=2, head_dim=4), 2, 8),
    ],
    ids=lambda value: getattr(value, "model_type", ""),
)
def test_hybrids_attend_in_some_layers(config, layers, width):
    assert attention_width(config) == layers * width


def test_a_layer_counts_as_often_as_it_is_applied():
    once, twice = (
        measured(Zamba2Config(
            **SHAPE, num_hidden_layers=len(kinds), layers_block_type=kinds, num_mem_blocks=1, mamba_d_state=4,
            n_mamba_heads=4, mamba_ngroups=1, adapter_rank=2, use_shared_attention_adapter=False,
        ))
        for kinds in (["mamba", "hybrid"], ["mamba", "hybrid", "hybrid"])
    )  # fmt: skip
    shared = 4 * (2 * HIDDEN) ** 2
    assert twice.matmul_parameters - once.matmul_parameters > twice.parameters - once.parameters + shared / 2


def test_an_unknown_shape_falls_back_to_six_operations_per_parameter_and_says_so():
    config = RwkvConfig(vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=2)
    size = measured(config)
    assert size.matmul_parameters == size.parameters - HEAD
    assert size.flops(10, BLOCK) == 10 * 6 * size.matmul_parameters
    assert "6 N D" in size.note


def test_an_unknown_number_of_active_experts_is_all_and_said_so():
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(MixtralConfig(**SHAPE, num_hidden_layers=1, num_local_experts=4))
    model.config = LlamaConfig(**SHAPE, num_hidden_layers=1)
    assert active_experts(model.config) is None
    size = size_of(model)
    assert size.matmul_parameters == size.parameters - HEAD
    assert "experts" in size.note


def test_the_text_part_of_a_composite_configuration_is_read():
    config = Gemma3Config(text_config={"vocab_size": 99, "max_position_embeddings": 77, "num_hidden_layers": 2})
    assert (vocabulary_size(config), context_of(config)) == (99, 77)
    assert text_config(config) is config.text_config
    assert attention_width(config) == attention_width(config.text_config) > 0
    assert (vocabulary_size(MambaConfig()), context_of(MambaConfig())) == (50280, None)
