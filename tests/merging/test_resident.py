from pathlib import Path

import pytest
import torch
from tiny_pool import UNITS, assert_equal, save_model, state, tiny_model
from transformers import AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.merging.resident import ResidentPool, weighted_sum_
from hf_ablate.merging.written import run_mergekit
from hf_ablate.mixtures.mixture import Mixture


@pytest.fixture(scope="module", params=[True, False], ids=["tied", "untied"])
def folders(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("components")
    models = {unit: tiny_model(number, tied=request.param) for number, unit in enumerate(UNITS)}
    return {unit: save_model(folder / unit, model) for unit, model in models.items()}


@pytest.mark.parametrize("weights", [{"alpha": 1, "beta": 1, "gamma": 1}, {"alpha": 0.3, "beta": 0.7}, {"gamma": 1}])
@pytest.mark.parametrize("out_dtype", ["float32", "bfloat16"])
def test_in_memory_merge_equals_mergekits_to_the_last_bit(folders, tmp_path, weights, out_dtype):
    mixture = Mixture.of(weights)
    run_mergekit(mixture, {unit: folders[unit] for unit in mixture.units}, tmp_path, "", out_dtype)
    dtype = getattr(torch, out_dtype)
    pool = ResidentPool(folders, dtype=dtype)
    written = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=dtype)
    assert_equal(state(pool.merge(mixture)), state(written))


def test_merge_of_one_component_is_the_component(folders):
    pool = ResidentPool(folders)
    for unit, folder in folders.items():
        component = AutoModelForCausalLM.from_pretrained(folder)
        assert_equal(state(pool.merge(Mixture.uniform([unit]))), state(component))


def test_merge_of_identical_components_is_the_component(tmp_path):
    folders = {unit: save_model(tmp_path / unit, tiny_model(7)) for unit in UNITS}
    merged = state(ResidentPool(folders).merge(Mixture.uniform(list(UNITS))))
    for name, expected in tiny_model(7).state_dict().items():
        assert torch.allclose(merged[name], expected, rtol=2e-7, atol=0), name


def test_merge_does_not_depend_on_what_was_merged_before(folders):
    wanted = Mixture.of({"alpha": 0.2, "gamma": 0.8})
    fresh = state(ResidentPool(folders).merge(wanted))
    pool = ResidentPool(folders)
    for number in range(50):
        pool.merge(Mixture.of({"alpha": 1 + number, "beta": 50}))
    assert_equal(state(pool.merge(wanted)), fresh)


def test_tied_weights_are_stored_and_summed_once(folders):
    pool = ResidentPool(folders)
    model = pool.merge(Mixture.uniform(list(UNITS)))
    tied = model.config.tie_word_embeddings
    assert (model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()) == tied


def test_merge_goes_into_the_same_model_in_place(folders):
    pool = ResidentPool(folders)
    places = [parameter.data_ptr() for parameter in pool.merge(Mixture.of({"alpha": 1})).parameters()]
    assert [parameter.data_ptr() for parameter in pool.merge(Mixture.of({"beta": 1})).parameters()] == places


@pytest.mark.parametrize("place", ["device", "pinned"])
@pytest.mark.parametrize(("pool_format", "dtype"), [("saved", torch.float32), ("delta", torch.bfloat16)])
def test_merges_are_the_same_wherever_components_are_held(folders, place, pool_format, dtype):
    options = {"dtype": dtype, "pool_format": pool_format}
    options |= {"seed": folders["alpha"]} if pool_format == "delta" else {}
    mapped, held = ResidentPool(folders, **options), ResidentPool(folders, **options, place=place)
    assert (mapped.place, held.place) == ("mapped", place)
    mixtures = [Mixture.of({"alpha": 1, "beta": number, "gamma": 2}) for number in range(4)]
    for mixture, following in zip(mixtures, [mixtures[1], mixtures[0], mixtures[3], mixtures[0]], strict=True):
        assert_equal(state(held.merge(mixture)), state(mapped.merge(mixture)))  # also where another was prepared
        held.prepare(following)
        assert_equal(state(held.model), state(mapped.model))
    assert held.model.config.tie_word_embeddings == (
        held.model.lm_head.weight.data_ptr() == held.model.model.embed_tokens.weight.data_ptr()
    )


def test_unknown_unit_is_named(folders):
    with pytest.raises(InputError, match="unknown unit 'alpah'; did you mean 'alpha'"):
        ResidentPool(folders).merge(Mixture.of({"alpah": 1, "beta": 1}))


def test_sums_over_several_blocks():
    torch.manual_seed(0)
    inputs = [torch.randn(300_007) for _ in range(3)]
    target = torch.empty(300_007)
    weighted_sum_(target, inputs, torch.tensor([0.5, 0.25, 0.25]))
    assert torch.allclose(
        target.double(), sum(w * t.double() for w, t in zip((0.5, 0.25, 0.25), inputs, strict=True)), atol=1e-6
    )


def anonymous_memory() -> int:
    """Bytes of this process that no file stands behind; memory-mapped weights are not among them."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024


@pytest.mark.parametrize(("pool_format", "held"), [("saved", 0), ("bfloat16", 4), ("delta", 4)])
def test_memory_beyond_the_components_is_one_model(tmp_path, pool_format, held):
    changes = {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 4, "vocab_size": 8192}
    first = save_model(tmp_path / "0", tiny_model(0, **changes))
    size = sum(path.stat().st_size for path in first.glob("*.safetensors"))
    folders = {"0": first} | {str(number): tmp_path / str(number) for number in range(1, 8)}
    for number in range(1, 8):
        save_model(folders[str(number)], tiny_model(number, **changes))
    ResidentPool({"0": first}).merge(Mixture.of({"0": 1}))  # libraries are loaded, allocators warm
    before = anonymous_memory()
    pool = ResidentPool(folders, pool_format=pool_format, seed=first if pool_format == "delta" else None)
    for number in range(16):
        pool.merge(Mixture.uniform([str(unit) for unit in range(number % 8 + 1)]))
    # of the 8 mapped components that are read, none is held; rounded ones take half of float32's memory
    assert anonymous_memory() - before < (held + 2) * size


def test_components_saved_in_bfloat16_are_summed_in_float32(tmp_path):
    models = {unit: tiny_model(number).bfloat16() for number, unit in enumerate(UNITS)}
    folders = {unit: save_model(tmp_path / unit, model) for unit, model in models.items()}
    merged = ResidentPool(folders).merge(Mixture.of({"alpha": 1, "beta": 2})).state_dict()
    for name, value in merged.items():
        alpha, beta = (models[unit].state_dict()[name].double() for unit in ("alpha", "beta"))
        torch.testing.assert_close(value.double(), (alpha + 2 * beta) / 3, rtol=1e-6, atol=1e-8)
