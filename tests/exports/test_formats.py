"""Every format as its library reads it (datasets, trl; test_trainers.py) or against its documented schema."""

import re
import sys
import types
from collections import Counter
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
import synthetic_study
import yaml
from exported import MIXTURE, read_yaml, run_module

from hf_ablate import Mixture, Study
from hf_ablate.cli import main
from hf_ablate.commands import find_command
from hf_ablate.errors import InputError
from hf_ablate.exports.arguments import ExportArguments
from hf_ablate.exports.formats import FORMATS
from hf_ablate.manifest import write_manifest
from hf_ablate.merging.config import merge_yaml
from hf_ablate.mixtures.choose import mixture_of_weights


SHARES = ["0.5", "0.3", "0.2"]
PATHS = [f"data/{unit}" for unit in MIXTURE]


def test_datasets_draws_units_in_their_shares(exported):
    mixture = run_module(exported("datasets", random_seed=3)).mixture
    drawn = Counter(row["input_ids"][0] for row in mixture)
    assert set(drawn) == {synthetic_study.UNITS.index(unit) for unit in MIXTURE}
    for unit, weight in MIXTURE.items():
        count = drawn[synthetic_study.UNITS.index(unit)]
        assert abs(count - weight * len(mixture)) < 4 * (len(mixture) * weight * (1 - weight)) ** 0.5
    assert max(drawn.values()) == 200  # it ends with the unit that ends first


def test_datasets_repeats_units_until_all_have_ended(exported):
    mixture = run_module(exported("datasets", stopping_strategy="all_exhausted")).mixture
    assert min(Counter(row["input_ids"][0] for row in mixture).values()) >= 200


def test_trl_loads_the_shares(exported, capsys):
    from trl import DatasetMixtureConfig, TrlParser, get_dataset

    parser = TrlParser([DatasetMixtureConfig])
    (config,) = parser.parse_args_and_config(["--config", str(exported("trl"))])
    assert [entry.fraction for entry in config.datasets] == [0.5, 0.3, 0.2]
    drawn = Counter(row["input_ids"][0] for row in get_dataset(config)["train"])
    assert drawn == {synthetic_study.UNITS.index(unit): 400 * weight for unit, weight in MIXTURE.items()}


def test_mergekit_merges_what_merge_merges(exported, study):
    """tests/merging has mergekit read what `merge` writes."""
    config = yaml.safe_load(exported("mergekit").read_text())
    components = {unit: study / "models" / "components" / unit for unit in MIXTURE}
    expected = yaml.safe_load(merge_yaml(Mixture.of(MIXTURE), components))
    for entry in config["models"]:
        entry["model"] = str(study.parent / entry["model"])
    assert config | {"base_model": expected["base_model"]} == expected
    assert study.parent / config["base_model"] == components["pandas"]


def test_mergekit_gets_coefficients_where_components_were_trained_on_mixtures(tmp_path):
    probes = {"mostly_a": {"a": 0.9, "b": 0.1}, "mostly_b": {"a": 0.1, "b": 0.9}}
    for name, mixture in probes.items():
        folder = tmp_path / "models" / "components" / name
        write_manifest(folder, "train", {}, {}, model=f"component:{name}", mixture=mixture)
    config = yaml.safe_load(Study(tmp_path).export("mergekit", {"a": 0.74, "b": 0.26}))
    weights = {Path(entry["model"]).name: entry["parameters"]["weight"] for entry in config["models"]}
    assert weights == pytest.approx({"mostly_a": 0.8, "mostly_b": 0.2})
    with pytest.raises(InputError, match="outside the hull"):
        Study(tmp_path).export("mergekit", {"a": 1})


def test_enumerate_lists_the_same_mixture(exported, study):
    weights = {"pandas": 0.1, "scipy": 1 / 7, "sympy": 1e-6}
    asked = Mixture.of({**weights, "networkx": 1 - sum(weights.values())})
    arguments = find_command("enumerate").parse(["--config", str(exported("yaml", asked)), "--run_dir", str(study)])
    assert arguments.methods == ["given"]
    (found,) = (mixture_of_weights(study, weights) for weights in arguments.mixtures)
    assert found == asked and found.id == asked.id


def test_olmo_core_gets_sources_and_what_repetition_they_need(exported):
    """SourceMixtureList of ai2-olmo-core 3.0.0."""
    content = read_yaml(exported("olmo-core", total_tokens=3_000_000))
    for entry, unit, share in zip(content["sources"], MIXTURE, SHARES, strict=True):
        assert (entry.pop("source_name"), entry.pop("target_ratio")) == (unit, share)
        assert entry.pop("paths") == [f"data/{unit}/*.npy"]
    # 1,500,000 of 1,024,000, 900,000 of 1,024,000, and 600,000 of 890,000 tokens, rounded up
    assert content["sources"] == [{"max_repetition_ratio": "1.47"}, {}, {}]


def test_nanotron_gets_a_data_stage(exported):
    """DatasetStageArgs and NanosetDatasetsArgs of nanotron (main, commit 00708b8)."""
    data = {
        "dataset": {"dataset_folder": PATHS, "dataset_weights": SHARES},
        "num_loading_workers": "1",
        "seed": "7",
    }
    stage = {"name": "mixture", "start_training_step": "1", "data": data}
    assert read_yaml(exported("nanotron", random_seed=7)) == {"data_stages": [stage]}


def test_mosaic_gets_streams(exported):
    """Arguments of Stream of mosaicml-streaming 0.13.0, as LLM Foundry has them."""
    expected = {
        unit: {"local": path, "proportion": share} for unit, path, share in zip(MIXTURE, PATHS, SHARES, strict=True)
    }
    assert read_yaml(exported("mosaic-streaming")) == {"streams": expected}


def test_megatron_gets_a_blend(exported):
    """get_blend_from_list of megatron-core 0.16.1: weights and prefixes in turn; an even number for one unit too."""
    words = exported("megatron", data_dir="s3://bucket/text/").read_text().split()
    assert words == [
        word
        for unit, share in zip(MIXTURE, SHARES, strict=True)
        for word in (share, f"s3://bucket/text/{unit}_text_document")
    ]


def test_torchtitan_gets_sources_that_it_finds(exported, monkeypatch):
    """DatasetConfig, HFDataSource and the interleaved dataloader's Config of torchtitan 0.3.0, which looks up names in
    lower case."""
    registered = {}
    loader = types.SimpleNamespace(Config=lambda sources, seed: (sources, seed))
    texts = types.SimpleNamespace(
        DATASETS=registered,
        HFDataSource=lambda dataset, weight: (dataset, weight),
        InterleavedHuggingFaceTextDataLoader=loader,
    )
    config = lambda path, loader, sample_processor: (path, sample_processor)  # noqa: E731
    for name, module in {
        "torchtitan": types.SimpleNamespace(),
        "torchtitan.hf_datasets": types.SimpleNamespace(DatasetConfig=config),
        "torchtitan.hf_datasets.text_datasets": texts,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    sources, seed = run_module(exported("torchtitan", random_seed=5)).dataloader
    assert (seed, [weight for _, weight in sources]) == (5, [0.5, 0.3, 0.2])
    assert [registered[name.lower()][0] for name, _ in sources] == PATHS
    assert registered[sources[0][0]][1]({"text": "a text"}) == "a text"


def test_litgpt_gets_a_data_module(exported, monkeypatch):
    """DataModule of litgpt 0.5.13, and what CombinedStreamingDataset of litdata 0.2.76 takes."""
    made = {}
    streaming = types.SimpleNamespace(
        StreamingDataset=lambda folder, **options: folder,
        TokensLoader=lambda block_size: made.update(block_size=block_size),
        CombinedStreamingDataset=lambda datasets, **options: made.update(options, datasets=datasets),
        StreamingDataLoader=lambda data, **options: made.update(loader=options),
    )
    for name, module in {
        "litgpt": types.SimpleNamespace(),
        "litgpt.data": types.SimpleNamespace(DataModule=object),
        "litdata": types.SimpleNamespace(),
        "litdata.streaming": streaming,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    module = run_module(exported("litgpt")).Mixture("data/val")
    module.connect(batch_size=4, max_seq_length=128)
    module.train_dataloader()
    assert (made["datasets"], made["weights"], made["block_size"]) == (PATHS, (0.5, 0.3, 0.2), 129)
    assert made["loader"]["batch_size"] == 4


@pytest.mark.parametrize(
    "to", ["trl", "olmo-core", "nanotron", "mosaic-streaming", "csv", "json", "megatron", "datasets"]
)
def test_weights_sum_to_one_to_the_last_digit(exported, to):
    text = exported(to, {"*": 1, "sympy": 1e-5}).read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    shares = [Decimal(number) for line in lines for number in re.findall(r"(?<![\d.])0\.\d+", line)]
    assert len(shares) == 5 and sum(shares) == 1


def test_a_file_that_is_written_ends_with_a_line(exported):
    assert all(exported(to, overwrite=to != "yaml").read_text().endswith("\n") for to in ("yaml", "csv"))


def test_stdout_is_the_file_alone(study, capsys, monkeypatch):
    monkeypatch.chdir(study.parent)
    assert main(["export", "study", "--to", "csv"]) == 0
    assert capsys.readouterr().out == "unit,weight\npandas,0.5\nsympy,0.5\n"  # the first of the ranking


def test_the_help_names_every_format():
    (help_text,) = [entry.metadata["help"] for entry in fields(ExportArguments) if entry.name == "to"]
    assert set(re.findall(r"[\w-]+", help_text)) >= set(FORMATS)
