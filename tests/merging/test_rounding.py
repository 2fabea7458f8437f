"""Pools that hold their components in half of float32's memory, beside the pool of the components as saved."""

import pytest
import torch
from tiny_pool import UNITS, assert_equal, save_model, state, tiny_model

from hf_ablate.errors import InputError
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.merging.rounding import round_tensor
from hf_ablate.mixtures.mixture import Mixture


MIXTURES = [Mixture.of({"alpha": 1}), Mixture.of({"alpha": 0.3, "beta": 0.7}), Mixture.uniform(list(UNITS))]
CHANGE = 0.01


def near(seed: torch.nn.Module, number: int) -> torch.nn.Module:
    """A model that differs from the seed by some hundredth of each weight's size."""
    other = tiny_model(number, tied=seed.config.tie_word_embeddings)
    with torch.no_grad():
        for parameter, start in zip(other.parameters(), seed.parameters(), strict=True):
            parameter.copy_(start + CHANGE * parameter)
    return other


@pytest.fixture(scope="module", params=[True, False], ids=["tied", "untied"])
def saved(request, tmp_path_factory):
    """The folders of a seed and of components near it."""
    folder = tmp_path_factory.mktemp("pool")
    seed = tiny_model(0, tied=request.param)
    components = {unit: save_model(folder / unit, near(seed, number)) for number, unit in enumerate(UNITS, start=1)}
    return save_model(folder / "seed", seed), components


def pool_of(saved, pool_format: str, **options) -> ResidentPool:
    seed, folders = saved
    return ResidentPool(folders, pool_format=pool_format, seed=seed if pool_format == "delta" else None, **options)


@pytest.mark.parametrize("mixture", MIXTURES, ids=lambda mixture: mixture.name)
def test_differences_from_the_seed_lose_far_less_than_whole_weights(saved, mixture):
    exact = state(pool_of(saved, "saved").merge(mixture))
    errors = {}
    for pool_format in ("bfloat16", "delta"):
        merged = state(pool_of(saved, pool_format).merge(mixture))
        errors[pool_format] = torch.cat([(merged[name] - exact[name]).flatten() for name in exact]).norm()
        if pool_format == "bfloat16":  # rounded to 8 bits
            assert all(((merged[name] - exact[name]).abs() <= exact[name].abs().max() / 256).all() for name in exact)
    assert 0 < errors["delta"] < errors["bfloat16"] / 20


def test_a_bfloat16_pool_is_that_of_components_saved_in_bfloat16(saved, tmp_path):
    seed, folders = saved
    rounded = {}
    for unit, folder in folders.items():
        model = type(pool_of(saved, "saved").model).from_pretrained(folder).bfloat16()
        rounded[unit] = save_model(tmp_path / unit, model)
    pool, other = pool_of(saved, "bfloat16"), ResidentPool(rounded)
    for mixture in MIXTURES:
        assert_equal(state(pool.merge(mixture)), state(other.merge(mixture)))


@pytest.mark.parametrize("pool_format", ["bfloat16", "delta"])
def test_a_merge_depends_on_the_mixture_alone(saved, pool_format):
    fresh = state(pool_of(saved, pool_format).merge(MIXTURES[1]))
    pool = pool_of(saved, pool_format)
    for number in range(20):
        pool.merge(Mixture.of({"alpha": 1 + number, "gamma": 50}))
    assert_equal(state(pool.merge(MIXTURES[1])), fresh)


def test_sums_are_float32_and_rounded_once_into_a_model_of_another_dtype(saved):
    exact = pool_of(saved, "delta").merge(MIXTURES[2])
    merged = pool_of(saved, "delta", dtype=torch.bfloat16).merge(MIXTURES[2])
    assert_equal(state(merged), {name: tensor.bfloat16() for name, tensor in state(exact).items()})


def test_components_take_half_the_bytes(saved):
    size = sum(parameter.nbytes for parameter in pool_of(saved, "saved").model.parameters())  # tied ones once
    assert pool_of(saved, "saved").num_bytes == len(UNITS) * size
    assert pool_of(saved, "bfloat16").num_bytes == len(UNITS) * size / 2
    assert pool_of(saved, "delta").num_bytes == len(UNITS) * size / 2 + size


def test_a_seed_saved_in_bfloat16_stays_so(saved, tmp_path):
    seed, folders = saved
    half = save_model(
        tmp_path, tiny_model(0, tied="lm_head.weight" not in pool_of(saved, "saved")._targets).bfloat16()
    )
    pool = ResidentPool(folders, pool_format="delta", seed=half)
    assert {tensor.dtype for tensor in pool.seed.values()} == {torch.bfloat16}
    exact = state(pool_of(saved, "saved").merge(MIXTURES[1]))
    for name, tensor in state(pool.merge(MIXTURES[1])).items():
        torch.testing.assert_close(tensor, exact[name], rtol=0, atol=0.02 * CHANGE)


def test_rounding_over_several_blocks_of_any_layout():
    torch.manual_seed(0)
    tensor, origin = torch.randn(601, 997).T, torch.randn(997, 601).half()
    assert torch.equal(round_tensor(tensor), tensor.bfloat16())
    assert torch.equal(round_tensor(tensor, origin), (tensor - origin.float()).bfloat16())


def test_a_seed_of_other_shapes_is_refused(saved, tmp_path):
    other = save_model(tmp_path, tiny_model(0, tied=False, hidden_size=16))
    with pytest.raises(InputError, match=r"cannot be held as differences from .*\(264, 32\) in .* and \(264, 16\) in"):
        ResidentPool(saved[1], pool_format="delta", seed=other)


def test_a_broken_seed_is_refused(saved, tmp_path):
    model = tiny_model(0, tied="lm_head.weight" not in pool_of(saved, "saved")._targets)
    model.model.norm.weight.data[3] = torch.nan
    with pytest.raises(InputError, match="tensor model.norm.weight holds NaN"):
        ResidentPool(saved[1], pool_format="delta", seed=save_model(tmp_path, model))


@pytest.mark.parametrize(
    ("pool_format", "has_seed", "message"),
    [
        ("float8", False, "unknown pool_format 'float8'"),
        ("delta", False, "`delta`, and only it, needs one"),
        ("bfloat16", True, "`delta`, and only it, needs one"),
    ],
)
def test_wrong_formats_are_told(saved, pool_format, has_seed, message):
    with pytest.raises(InputError, match=message):
        ResidentPool(saved[1], pool_format=pool_format, seed=saved[0] if has_seed else None)
