"""What every architecture has to pass: train, merge in memory and on the disk, score, and fold an adapter."""

import json
import shutil
from collections import defaultdict
from pathlib import Path

import torch
from tiny_architectures import ADAPTED, tiny_model
from training.tiny_corpus import BLOCK, make_corpus, make_mixtures, tiny_arguments
from transformers import AutoModelForCausalLM, PreTrainedModel

from hf_ablate.evaluation.scoring.mixture_scorer import MixtureScorer
from hf_ablate.manifest import read_manifest
from hf_ablate.merging.merge import save_merged
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.saved_tokenizer import copy_tokenizer
from hf_ablate.training import train


UNITS = {"alpha": 8, "beta": 8}  # blocks: two steps each
MIXTURE = Mixture.of({"alpha": 1, "beta": 3})
LORA = {"config_overrides": None, "peft": "lora", "lora_r": 2, "model": "component:alpha"}


def make_study(run_dir: Path) -> Path:
    """A run folder in which nothing is trained yet, for any number of architectures."""
    make_corpus(run_dir, UNITS, seed_blocks=0)
    make_mixtures(run_dir, [], [dict(MIXTURE.items)])
    return run_dir


def train_components(model_type: str, study: Path, folder: Path) -> Path:
    """Train two components of a tiny seed for two steps; the run folder."""
    seed = folder / "seed"
    tiny_model(model_type).save_pretrained(seed)
    copy_tokenizer(study / "corpus" / "tokenizer", seed)
    run_dir = Path(shutil.copytree(study, folder / "run"))
    train.run(tiny_arguments(run_dir, seed_model=str(seed), config_overrides=None))
    before, *after = (state(run_dir / "models" / place) for place in ("seed", "components/alpha", "components/beta"))
    assert same(before, tiny_model(model_type).state_dict())
    assert not any(same(before, trained) for trained in after)
    return run_dir


def check_merge(run_dir: Path) -> str:
    """The merge on the disk is the merge in memory, and that the average; returns what has written it."""
    pool = ResidentPool({unit: run_dir / "models" / "components" / unit for unit in UNITS})
    merged = {name: value.clone() for name, value in pool.merge(MIXTURE).state_dict().items()}
    parts = [state(run_dir / "models" / "components" / unit) for unit in UNITS]
    for name, value in merged.items():
        if value.is_floating_point():
            average = sum(weight * part[name] for weight, part in zip(MIXTURE.weights.values(), parts, strict=True))
            torch.testing.assert_close(value, average, rtol=1e-5, atol=1e-7)
    written = save_merged(run_dir, MIXTURE)
    assert same(state(written), merged)
    return read_manifest(written)["merged_by"]


def check_score(run_dir: Path) -> None:
    """The scores of the merge in memory are those of the written one, computed directly, document by document."""
    model = load(save_merged(run_dir, MIXTURE))
    expected: dict[str, float] = defaultdict(float)
    for path in sorted((run_dir / "corpus" / "eval").glob("*/val/*.jsonl")):
        for row in map(json.loads, path.read_text().splitlines()):
            tokens = torch.tensor([[0, *(int(word.removeprefix("w")) for word in row["text"].split())]])
            with torch.inference_mode():
                logprobs = model(input_ids=tokens[:, :-1], use_cache=False).logits.float().log_softmax(-1)
            expected[row["subdomain"]] += float(logprobs.gather(-1, tokens[:, 1:, None]).sum())
    with MixtureScorer.open(run_dir, max_length=BLOCK) as scorer:
        rows = scorer.score(MIXTURE)
    sums = {row.domain: row.sum_logprob for row in rows}
    assert sums.keys() == expected.keys()
    for domain, value in expected.items():
        assert abs(sums[domain] / value - 1) < 1e-4, (domain, sums[domain], value)


def check_adapter(model_type: str, run_dir: Path) -> str:
    """A component trained as an adapter is, folded, what the adapter is on the seed; returns of which layers."""
    layers = ADAPTED.get(model_type, ["all-linear"])
    train.run(tiny_arguments(run_dir, seed_model=str(run_dir.parent / "seed"), lora_target_modules=layers, **LORA))
    from peft import PeftModel

    folder = run_dir / "models" / "components" / "alpha"
    adapted = PeftModel.from_pretrained(load(run_dir / "models" / "seed"), folder / "adapter").eval()
    tokens = torch.arange(16)[None]
    with torch.inference_mode():
        expected, folded = (model(input_ids=tokens, use_cache=False).logits for model in (adapted, load(folder)))
    torch.testing.assert_close(folded, expected, rtol=1e-4, atol=1e-4)
    return "some layers" if model_type in ADAPTED else "yes"


def load(folder: Path) -> PreTrainedModel:
    """A saved model, with nothing missing and nothing unexpected in its files."""
    model, report = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"], report
    return model.eval()


def state(folder: Path) -> dict[str, torch.Tensor]:
    return load(folder).state_dict()


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)
