"""The dry run of a study whose corpus has not been made prints what its recipes decide, as the README promises."""

import gzip
import json
import random
import re
from pathlib import Path

import pytest
from tiny_study import write_study
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from hf_ablate.cli import main
from hf_ablate.run_folder import RunFolder


ROOT = Path(__file__).parent.parent


def run(recipes: Path, *changes: str) -> int:
    """`hf-ablate run RECIPES --dry_run` with changes to the recipes."""
    return main(["run", str(recipes), "--dry_run", *(["--set", *changes] if changes else [])])


@pytest.fixture
def seed_model(tmp_path) -> Path:
    """A tiny model with a long context and its tokenizer, in place of one on the Hub."""
    folder = tmp_path / "seed-model"
    config = LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=2048,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({"<eos>": 0, "<unk>": 1}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", unk_token="<unk>").save_pretrained(folder)
    return folder


def write_rows(path: Path, rows: list[dict]) -> None:
    """A file with a JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


def costs(shown: str) -> dict[str, tuple[int, float]]:
    """What models cost: label → tokens, FLOPs."""
    lines = re.findall(r"^(.+?) {2,}([\d,]+) tokens +(\S+) FLOPs", shown, flags=re.MULTILINE)
    return {label: (int(tokens.replace(",", "")), float(flops)) for label, tokens, flops in lines}


def write_readmes_study(offline: bool) -> None:
    """`recipes/mine` as the README has it, with the files for a machine without a network or with the others."""
    Path("recipes/mine").mkdir(parents=True)
    for block in re.findall(r"```yaml\n# (recipes/mine/.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL):
        first, _, text = block.partition("\n")
        for name in re.findall(r"(\w+)\.yaml", first):
            if offline or "without a network" not in first:
                Path("recipes/mine", f"{name}.yaml").write_text(text)
    assert len(list(Path("recipes/mine").iterdir())) == 7


def test_the_readmes_own_study_runs_without_a_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_readmes_study(offline=True)
    words = "one two three four five six seven eight".split()
    generator = random.Random(0)
    rows = [
        {"text": f"{field} " + " ".join(generator.choices(words, k=60)), "field": field}
        for field in ("law", "news", "web", "patents")
        for _ in range(40)
    ]
    write_rows(tmp_path / "data" / "x.jsonl.gz", rows)
    smaller = {
        "partition": {"unit_tokens": 1024, "seed_tokens": 1024, "block_size": 32, "vocab_size": 320, "num_proc": 1}
        | {"val_fraction": 0.1, "test_fraction": 0.1},
        "enumerate": {"methods": "[subsets]", "num_references": 1},
        "train": {"global_batch_size": 8, "bf16": "false", "use_cpu": "true", "config_overrides": "hidden_size=16,"
                  "intermediate_size=32,num_hidden_layers=1,num_attention_heads=2,num_key_value_heads=2"},
        "rank": {"bootstrap_samples": 100},
    }  # fmt: skip
    changes = [f"{stage}.{key}={value}" for stage, own in smaller.items() for key, value in own.items()]
    Path("recipes/mine/report.yaml").unlink()  # whose figures take as long as all before
    assert main(["run", "recipes/mine", "--set", *changes]) == 0
    run_folder = RunFolder(Path("runs/mine"))
    assert run_folder.ranking_file.is_file() and len(run_folder.saved_models("merged")) == 1


def test_the_readmes_own_study_has_a_cost_before_it_has_a_corpus(tmp_path, seed_model, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_readmes_study(offline=False)
    write_rows(tmp_path / "data" / "x.jsonl.gz", [{"text": "a text", "field": "law"}])
    assert run(Path("recipes/mine"), f"partition.tokenizer={seed_model}", f"train.seed_model={seed_model}") == 0
    shown = capsys.readouterr().out
    assert "enumerate: unknown until partition has run" in shown
    of_one = costs(shown)
    steps = 100_000_000 // 2048 // 256
    assert of_one["each component"][0] == of_one["each reference model"][0] == steps * 256 * 2048
    assert of_one["each component"][1] > 0
    assert not Path("runs").exists()


def test_the_papers_study_has_a_cost_before_it_has_a_corpus(tmp_path, seed_model, monkeypatch, capsys):
    for name in ("x.json.gz", "y.jsonl.gz"):
        write_rows(tmp_path / "modular-s2orc" / "Art,1970-1997" / "train" / name, [{"text": "a text"}])
    monkeypatch.chdir(tmp_path)
    changes = [f"partition.roots={tmp_path / 'modular-s2orc'}", f"partition.tokenizer={seed_model}"]
    changes += [f"train.seed_model={seed_model}", "train.gpu=h200"]
    assert run(ROOT / "recipes" / "corpus-s2orc", *changes) == 0
    shown = capsys.readouterr().out
    of_one = costs(shown)
    assert of_one["each component"][0] == of_one["each reference model, per unit"][0] == 1_048_576_000
    assert shown.count("GPU hours") == len(of_one) > 1
    assert not (tmp_path / "runs").exists()


def test_where_units_may_be_dropped_the_mixtures_wait_for_the_corpus(tmp_path, capsys):
    assert run(write_study(tmp_path), "partition.on_small_unit=drop") == 0
    shown = capsys.readouterr().out
    assert "enumerate: unknown until partition has run" in shown
    assert {label: tokens for label, (tokens, _) in costs(shown).items()} == {
        "the seed": 2048, "each component": 2048, "each reference model": 2048,
    }  # fmt: skip


def test_where_the_recipes_decide_everything_the_whole_pool_is_planned(tmp_path, capsys):
    assert run(write_study(tmp_path)) == 0
    of_all = costs(capsys.readouterr().out)
    assert of_all["8 models"][0] == 8 * 2048
    assert of_all["a model for every mixture instead"][0] == 7 * 2048


def test_without_a_recipe_for_the_corpus_nothing_is_planned(tmp_path, capsys):
    recipes = write_study(tmp_path)
    for stage in ("partition", "evaluate", "rank", "merge", "report"):
        (recipes / f"{stage}.yaml").unlink()
    assert run(recipes) == 0
    shown = capsys.readouterr().out
    assert "train: unknown until partition has run: the study has neither a corpus nor a recipe for one" in shown
