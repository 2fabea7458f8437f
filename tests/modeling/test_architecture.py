import math

import pytest
import torch
from tiny import FIXTURES, VECTORS, tiny_config, tiny_model, tokens
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM
from hf_ablate.modeling.sizes import SIZES


@pytest.fixture(scope="module")
def model():
    return tiny_model()


@pytest.mark.parametrize("form", ["hf_olmo_bin", "hf_olmo_safetensors"])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_logits_of_a_released_folder_are_the_original_ones(form, attention):
    loaded = AutoModelForCausalLM.from_pretrained(FIXTURES / form, attn_implementation=attention)
    assert loaded.config.attn_out == "identity"
    assert not any("attn_out" in name for name, _ in loaded.named_parameters())
    with torch.no_grad():
        logits = loaded(input_ids=VECTORS["input_ids"]).logits
    assert logits.shape == (3, 100, 1024), "one column per row of the embedding, not per entry of the vocabulary"
    assert (logits - VECTORS["logits"]).abs().max() < 1e-5


def test_bfloat16_stays_near_the_original():
    loaded = AutoModelForCausalLM.from_pretrained(FIXTURES / "hf_olmo_safetensors", dtype=torch.bfloat16)
    with torch.no_grad():
        logits = loaded(input_ids=VECTORS["input_ids"]).logits
    assert logits.dtype == torch.bfloat16
    assert (logits.float() - VECTORS["logits"]).abs().mean() < 0.02


@pytest.mark.parametrize(("size", "millions"), [("130m", 109.6), ("300m", 303.6), ("1.1b", 1110)])
def test_sizes_have_the_released_number_of_parameters(size, millions):
    """The released files hold an attention output projection."""
    with torch.device("meta"):
        made = HfOlmoForCausalLM(HfOlmoConfig(**SIZES[size], attn_out="linear"))
    assert made.num_parameters() / 1e6 == pytest.approx(millions, rel=1e-3)
    assert made.lm_head.weight is made.model.transformer.wte.weight


def test_flex_attention_agrees_with_eager(model):
    input_ids = tokens(2, 48)
    flex = tiny_model()
    flex.set_attn_implementation("flex_attention")
    # Uncompiled: the compiler takes half a minute, and is not what is tested.
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        torch.testing.assert_close(flex(input_ids=input_ids).logits, model(input_ids=input_ids).logits)


def test_a_cache_filled_in_steps_changes_no_logits(model):
    input_ids = tokens(2, 20)
    cache = DynamicCache(config=model.config)
    with torch.no_grad():
        whole = model(input_ids=input_ids, use_cache=False).logits
        pieces = [model(input_ids=piece, past_key_values=cache).logits for piece in input_ids.split((7, 1, 12), dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole)


def test_generate_continues_as_greedy_decoding_without_cache(model):
    start = tokens(2, 5)
    generated = model.generate(start, max_new_tokens=10, do_sample=False, eos_token_id=None)
    expected = start
    with torch.no_grad():
        for _ in range(10):
            following = model(input_ids=expected, use_cache=False).logits[:, -1].argmax(dim=-1)
            expected = torch.cat((expected, following[:, None]), dim=1)
    assert torch.equal(generated, expected)


def test_left_padding_changes_no_continuation(model):
    start = tokens(1, 6)
    padded = torch.cat((torch.ones(1, 3, dtype=torch.long), start), dim=1)
    mask = (torch.arange(9) >= 3).long()[None]
    alone = model.generate(start, max_new_tokens=8, do_sample=False, eos_token_id=None)
    beside = model.generate(padded, attention_mask=mask, max_new_tokens=8, do_sample=False, eos_token_id=None)
    assert torch.equal(beside[:, 3:], alone)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_sequences_packed_by_position_ids_do_not_see_each_other(attention):
    packed = tiny_model(attn_implementation=attention)
    left, right = tokens(1, 9, seed=1), tokens(1, 14, seed=2)
    positions = torch.cat((torch.arange(9), torch.arange(14)))[None]
    with torch.no_grad():
        together = packed(input_ids=torch.cat((left, right), dim=1), position_ids=positions).logits
        apart = torch.cat((packed(input_ids=left).logits, packed(input_ids=right).logits), dim=1)
    torch.testing.assert_close(together, apart)


def test_no_token_sees_a_later_one(model):
    input_ids = tokens(1, 12)
    changed = input_ids.clone()
    changed[0, -1] = 2 + (changed[0, -1] - 1) % 59
    with torch.no_grad():
        before, after = model(input_ids=input_ids).logits, model(input_ids=changed).logits
    assert torch.equal(before[:, :-1], after[:, :-1])
    assert not torch.equal(before[:, -1], after[:, -1])


def test_the_loss_is_the_mean_over_all_columns(model):
    input_ids = tokens(2, 10)
    labels = input_ids.clone()
    labels[:, :3] = -100
    with torch.no_grad():
        outputs = model(input_ids=input_ids, labels=labels)
    expected = torch.nn.functional.cross_entropy(outputs.logits[:, 2:-1].reshape(-1, 64), input_ids[:, 3:].reshape(-1))
    torch.testing.assert_close(outputs.loss, expected)


def test_logits_to_keep_are_the_last_ones(model):
    input_ids = tokens(2, 10)
    with torch.no_grad():
        whole = model(input_ids=input_ids).logits
        torch.testing.assert_close(model(input_ids=input_ids, logits_to_keep=3).logits, whole[:, -3:])
        torch.testing.assert_close(model(input_ids=input_ids, logits_to_keep=torch.tensor([0, 4])).logits,
                                   whole[:, [0, 4]])  # fmt: skip


def test_hidden_states_and_attention_weights_are_given_on_request():
    eager = tiny_model(attn_implementation="eager")
    outputs = eager(input_ids=tokens(2, 7), output_hidden_states=True, output_attentions=True)
    assert [state.shape for state in outputs.hidden_states] == [(2, 7, 32)] * 3
    assert [weights.shape for weights in outputs.attentions] == [(2, 4, 7, 7)] * 2
    torch.testing.assert_close(outputs.attentions[0].sum(dim=-1), torch.ones(2, 4, 7))


def test_the_padding_token_is_an_ordinary_token(model):
    """The released configurations name a run of spaces as padding: its embedding must count and must learn."""
    trained = tiny_model().train()
    input_ids = torch.ones(1, 4, dtype=torch.long)
    trained.model(input_ids=input_ids).last_hidden_state.sum().backward()
    assert trained.model.transformer.wte.weight.grad[1].abs().sum() > 0


def test_under_autocast_layer_norm_runs_in_its_type_only_when_low_precision():
    for kind, dtype in (("low_precision", torch.bfloat16), ("default", torch.float32)):
        norm = tiny_model(layer_norm_type=kind).model.transformer.ln_f
        with torch.autocast("cpu", torch.bfloat16):
            assert norm(torch.randn(3, 32)).dtype == dtype
        assert norm(torch.randn(3, 32)).dtype == torch.float32


def test_saving_and_loading_changes_nothing(tmp_path, model):
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert loaded.config.to_diff_dict() == model.config.to_diff_dict() | {"dtype": "float32"}
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_a_linear_attention_output_is_kept(tmp_path):
    linear = tiny_model(attn_out="linear")
    linear.save_pretrained(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert loaded.config.attn_out == "linear"
    input_ids = tokens(2, 8)
    with torch.no_grad():
        torch.testing.assert_close(loaded(input_ids=input_ids).logits, linear(input_ids=input_ids).logits)
        for block in linear.model.transformer.blocks:
            block.attn_out.weight.copy_(torch.eye(32))
            block.attn_out.bias.zero_()
        without = HfOlmoForCausalLM(tiny_config())
        without.load_state_dict(linear.state_dict(), strict=False)
        torch.testing.assert_close(without(input_ids=input_ids).logits, linear(input_ids=input_ids).logits)


def test_a_checkpoint_that_does_not_say_is_looked_into(tmp_path):
    """As released: the configuration has no `attn_out`, the tensors have; here they are no identity."""
    linear = tiny_model(attn_out="linear")
    linear.save_pretrained(tmp_path)
    config = AutoConfig.from_pretrained(tmp_path)
    config.attn_out = None
    config.save_pretrained(tmp_path)
    assert AutoModelForCausalLM.from_pretrained(tmp_path).config.attn_out == "linear"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation_type": "gelu"}, "swiglu"),
        ({"n_kv_heads": 2}, "n_kv_heads"),
        ({"alibi": True}, "alibi"),
        ({"n_heads": 5}, "d_model"),
        ({"embedding_size": 60}, "embedding_size"),
    ],
)
def test_other_architectures_are_refused(changes, message):
    with pytest.raises(Exception, match=message):
        tiny_config(**changes)


def test_fresh_weights_are_those_of_the_seeds_training():
    torch.manual_seed(0)
    fresh = HfOlmoForCausalLM(HfOlmoConfig(d_model=256, n_layers=8, n_heads=4, vocab_size=512, embedding_size=512,
                                           eos_token_id=0, pad_token_id=1)).requires_grad_(False)  # fmt: skip
    block = fresh.model.transformer.blocks[3]
    assert block.att_proj.weight.std() == pytest.approx(0.02, rel=0.02)
    assert block.ff_out.weight.std() == pytest.approx(0.02 / math.sqrt(16), rel=0.02)
    assert block.att_proj.bias.abs().sum() == 0
    assert torch.equal(block.q_norm.weight, torch.ones(256))
    input_ids = torch.randint(0, 512, (1, 32))
    assert fresh(input_ids=input_ids, labels=input_ids).loss.item() == pytest.approx(math.log(512), abs=0.3)
