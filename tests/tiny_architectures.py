"""Tiny models of the text architectures that transformers has, made by shrinking their default configurations."""

from functools import cache

import torch
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES


VOCABULARY = 64
HIDDEN, HEADS, LAYERS, CONTEXT = 16, 2, 2, 64

# Sizes by what architectures call them; a configuration gets those that it has.
SMALL = (
    dict.fromkeys(("hidden_size", "d_model", "n_embd", "emb_dim", "embedding_size", "embedding_dim"), HIDDEN)
    | dict.fromkeys(("word_embed_proj_dim", "lru_width", "input_embedding_size", "output_embedding_size"), HIDDEN)
    | dict.fromkeys(("attention_hidden_size", "intermediate_size", "decoder_ffn_dim", "encoder_ffn_dim"), 32)
    | dict.fromkeys(("ffn_dim", "n_inner", "d_inner", "dim_ff", "dff", "feed_forward_size", "ffn_hidden_size"), 32)
    | dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "shared_intermediate_size"), 16)
    | dict.fromkeys(("shared_experts_intermediate_size", "expert_ffn_hidden_size", "intermediate_size_mlp"), 16)
    | dict.fromkeys(("dense_intermediate_size", "moe_shared_expert_intermediate_size"), 16)
    | dict.fromkeys(("num_hidden_layers", "n_layer", "num_layers", "n_layers", "decoder_layers"), LAYERS)
    | dict.fromkeys(("encoder_layers", "num_decoder_layers", "num_encoder_layers", "num_blocks"), LAYERS)
    | dict.fromkeys(("num_attention_heads", "n_head", "num_heads", "n_heads", "decoder_attention_heads"), HEADS)
    | dict.fromkeys(("encoder_attention_heads", "num_decoder_attention_heads", "attention_heads"), HEADS)
    | dict.fromkeys(("num_encoder_attention_heads", "swa_num_attention_heads", "num_key_value_heads"), HEADS)
    | dict.fromkeys(("num_kv_heads", "swa_num_key_value_heads", "linear_num_heads", "index_n_heads"), HEADS)
    | dict.fromkeys(("linear_num_key_heads", "linear_num_value_heads"), HEADS)
    | dict.fromkeys(("head_dim", "kv_channels", "d_head", "dim_head", "qk_nope_head_dim", "qk_rope_head_dim"), 8)
    | dict.fromkeys(("v_head_dim", "index_head_dim", "linear_key_head_dim", "linear_value_head_dim"), 8)
    | dict.fromkeys(("linear_head_dim", "swa_head_dim", "attention_head_size", "rotary_dim"), 8)
    | dict.fromkeys(("kv_lora_rank", "q_lora_rank", "o_lora_rank", "mamba_d_state", "state_size"), 8)
    | dict.fromkeys(("ssm_state_size", "laurel_rank", "gated_norm_rank", "adapter_rank", "hc_lowrank"), 8)
    | dict.fromkeys(("time_step_rank", "mamba_dt_rank", "router_hidden_size", "hidden_size_per_layer_input"), 8)
    | dict.fromkeys(("num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts"), 4)
    | dict.fromkeys(("num_experts_per_tok", "num_experts_per_token", "moe_k", "moe_topk", "moe_top_k"), 2)
    | dict.fromkeys(("n_group", "num_expert_group", "topk_group", "n_groups", "mamba_n_groups"), 1)
    | dict.fromkeys(("max_position_embeddings", "n_positions", "context_length", "max_target_positions"), CONTEXT)
    | dict.fromkeys(("vocab_size", "decoder_vocab_size", "vocab_size_per_layer_input"), VOCABULARY)
    | dict.fromkeys(("sliding_window", "window_size", "attention_window_size", "index_topk"), 16)
    | dict.fromkeys(("chunk_size", "mamba_chunk_size", "sliding_window_size", "block_size"), 16)
    | dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"), 0)
    | {"use_cache": False, "is_decoder": True}
)

# What an architecture needs besides.
ROPE = {"rope_type": "default", "rope_theta": 10000.0}
MAMBA = {"mamba_n_heads": 4, "mamba_d_head": 8}
OWN: dict[str, dict] = {
    "bailing_hybrid": {"first_k_dense_replace": 1},
    "bamba": MAMBA | {"attn_layer_indices": [1]},
    "beam": {"mlp_layer_types": ["dense", "sparse"]},
    "big_bird": {"attention_type": "original_full"},
    "blt": {
        name: {
            "hidden_size": HIDDEN, "num_attention_heads": HEADS, "num_hidden_layers": 1, "intermediate_size": 32,
            "vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, "hidden_size_global": HIDDEN,
        }
        for name in ("patcher_config", "encoder_config", "decoder_config", "global_config")
    } | {"encoder_hash_byte_group_vocab": VOCABULARY},
    "codegen": {"n_head": 4, "rotary_dim": 4},
    "cohere_compass_text": {
        "layer_types": ["sliding_attention", "full_attention"],
        "rope_parameters": dict.fromkeys(("sliding_attention", "full_attention"), ROPE),
    },
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "clip_qkv": 8.0, "rope_theta": 10000.0},
        "ffn_config": {"ffn_hidden_size": 16, "moe_num_experts": 4, "moe_top_k": 2, "hidden_size": 16},
    },
    "deepseek_v3": {"first_k_dense_replace": 1},
    "deepseek_v32": {"first_k_dense_replace": 1},
    "dots1": {"n_routed_experts": 4, "num_experts_per_tok": 2, "n_shared_experts": 1},
    "falcon": {"num_kv_heads": 1},  # the form of the 7B model
    "falcon_h1": MAMBA | {"mamba_d_ssm": 32},
    "flint": {"mlp_only_layers": [0]},
    "gemma4_text": {"enable_moe_block": True, "top_k_experts": 2},
    "gemma3n_text": {"num_hidden_layers": 4, "num_kv_shared_layers": 2, "layer_types": ["full_attention"] * 4},
    "glm_moe_dsa": {"first_k_dense_replace": 1},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "granitemoehybrid": MAMBA | {"layer_types": ["linear_attention", "full_attention"]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "lfm2_moe": {"num_dense_layers": 1, "layer_types": ["conv", "full_attention"]},
    "longcat_flash": {"zero_expert_num": 2},
    "mamba2": {"num_heads": 4, "head_dim": 8},
    "mimo_v2_flash": {"num_attention_heads": 4},
    "nemotron_h": {"mamba_num_heads": 4, "mamba_head_dim": 8},
    "reformer": {"axial_pos_embds": False},
    "roc_bert": {
        "pronunciation_embed_dim": 8, "pronunciation_vocab_size": 64, "shape_embed_dim": 8, "shape_vocab_size": 64,
    },
    "xlm": {"causal": True},
    "xlnet": {"attn_type": "uni"},
    "xmod": {"default_language": "en_XX", "languages": ["en_XX"]},
    "youtu": {"pad_token_id": None},  # transformers zeroes its row of the embedding whenever it loads the model
    "zamba": {"num_hidden_layers": 3, "layers_block_type": ["linear_attention", "hybrid", "hybrid"]},
    "zamba2": {"layers_block_type": ["linear_attention", "hybrid"], "hybrid_layer_ids": [1]},
    "zaya": {"num_experts_per_tok": 1},
}  # fmt: skip

# Layers for adapters where peft has none for all linear layers.
ATTENTION = ["q_proj", "v_proj"]
ADAPTED = {
    # it refuses the output projections of Mamba
    "falcon_h1": [*ATTENTION, "in_proj"], "falcon_mamba": ["in_proj", "x_proj"], "mamba": ["in_proj", "x_proj"],
    "mamba2": ["in_proj"], "nemotron_h": ["q_proj", "in_proj"],
    # it takes routers that return several tensors, and projections of groups, for ordinary linear layers
    "deepseek_v4": ["q_a_proj", "q_b_proj"], "llama4_text": ATTENTION, "phimoe": ATTENTION,
    # an adapter for every use of layers that share weights cannot be folded
    "zamba": ["in_proj"],
    # its reversible layers need gradients of their inputs
    "reformer": ["word_embeddings", "query", "value"],
    # it loads an adapter of shared experts wrongly
    "laguna": ATTENTION,
}  # fmt: skip

# Those that cannot be made tiny from their configuration, or are no language models of text, and why.
NOT_TEXT = "a model of text and other media: its text model is a row of its own or it has none"
LEFT_OUT: dict[str, str] = dict.fromkeys(
    (
        "dots3_note", "emu3", "fuyu", "gemma3", "gemma3n", "gemma4", "gemma4_unified", "git", "got_ocr2", "llama4",
        "mllama", "moshi", "moss_transcribe_diarize", "musicgen", "musicgen_melody", "phi4_multimodal", "qwen3_5",
        "qwen3_5_moe", "qwen4_exp",
    ),
    NOT_TEXT,
) | {
    "cpmant": "not causal: a token's logits depend on those after it",
    **dict.fromkeys(
        ("gemma4_assistant", "gemma4_unified_assistant"), "drafts for another model, whose hidden states it reads"
    ),
}  # fmt: skip


@cache
def tiny_config(model_type: str) -> PreTrainedConfig:
    """The configuration of a model of some thousand parameters; not to be changed."""
    config_class = CONFIG_MAPPING[model_type]
    known = config_class().to_dict().keys()
    return config_class(**{name: value for name, value in SMALL.items() if name in known} | OWN.get(model_type, {}))


def tiny_model(model_type: str, seed: int = 0) -> PreTrainedModel:
    """A model of random weights, none of them the same as another, in evaluation mode."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(tiny_config(model_type), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return model.eval()


def architectures() -> list[str]:
    """The model types of all text architectures with a head for language modelling."""
    return sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
