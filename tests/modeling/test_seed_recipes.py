"""The recipes that train the paper's seeds: their numbers, and their whole path at a tiny size."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from hf_ablate.cli import main
from hf_ablate.commands import find_command
from hf_ablate.corpus.description import CorpusDescription, TrainingText
from hf_ablate.manifest import read_manifest
from hf_ablate.modeling.sizes import SIZES
from hf_ablate.study.run import RunArguments, parse_stages
from hf_ablate.training.pool import plan_pool
from hf_ablate.training.seed import seed_config
from hf_ablate.training.trainer_arguments import trainer_arguments


RECIPES = Path(__file__).parent.parent.parent / "recipes"
TOKENS = 8_388_608_000  # of the corpus, of which the paper's seeds saw five epochs


def corpus_of(blocks: int) -> CorpusDescription:
    return CorpusDescription({}, TrainingText(blocks, "digest"), 2048, 50280, "tokenizer")


@pytest.mark.parametrize(("size", "rate"), [("130m", 6e-4), ("300m", 3e-4), ("1.1b", 3e-4)])
def test_a_seed_recipe_is_the_paper_s(size, rate, monkeypatch):
    arguments = parse_stages(RunArguments(study=RECIPES / f"seed-{size}"))["train"]
    corpus = corpus_of(TOKENS // 2048)
    (seed,) = plan_pool(corpus, [], arguments.budgets)
    assert (seed.id, seed.blocks, arguments.budgets.blocks_per_step) == ("seed", 20_000 * 1024, 1024)
    args = trainer_arguments(arguments.trainer_options, {})
    assert (args.weight_decay, args.max_grad_norm, args.seed, args.bf16) == (0.1, 1, 15213, True)

    optimizer_class, options = arguments_optimizer(args)
    assert issubclass(optimizer_class, torch.optim.AdamW)
    assert (options["lr"], options["betas"]) == (rate, (0.9, 0.95))
    rates = learning_rates(args, rate, 20_000)
    assert rates[0] == 0
    assert rates[200] == pytest.approx(rate / 2)
    assert max(rates) == rates[400] == pytest.approx(rate)
    assert rates[10_200] == pytest.approx(0.55 * rate), "half-way between the two on the cosine"
    assert rates[20_000] == pytest.approx(0.1 * rate)

    monkeypatch.setattr("hf_ablate.training.seed._special_tokens", lambda *_: {"eos_token_id": 50279})
    config = seed_config(arguments.seed_origin, corpus, arguments.run.tokenizer)
    assert {name: getattr(config, name) for name in SIZES[size]} == SIZES[size]
    assert (config.model_type, config.vocab_size, config.embedding_size) == ("hf_olmo", 50280, 50304)
    assert (config.max_sequence_length, config.mlp_ratio) == (2048, 4)


def arguments_optimizer(args) -> tuple[type, dict]:
    from transformers import Trainer

    return Trainer.get_optimizer_cls_and_kwargs(args)


def learning_rates(args, rate: float, steps: int) -> list[float]:
    from transformers import get_scheduler

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    schedule = get_scheduler(
        args.lr_scheduler_type, optimizer, args.get_warmup_steps(steps), steps, args.lr_scheduler_kwargs
    )
    rates = [rate_of(optimizer)]
    for _ in range(steps):
        optimizer.step()
        schedule.step()
        rates.append(rate_of(optimizer))
    return rates


def rate_of(optimizer: torch.optim.Optimizer) -> float:
    return optimizer.param_groups[0]["lr"]


def test_the_seed_recipes_share_one_corpus():
    keys = [vars(find_command("partition").parse(["--config", str(RECIPES / name / "partition.yaml")]))
            for name in ("corpus-seed", "seed-130m", "seed-300m", "seed-1.1b")]  # fmt: skip
    for one in keys:
        del one["run_dir"]
    assert all(one == keys[0] for one in keys)


def test_the_tiny_seed_recipe_trains_a_seed_that_loads_and_generates(tmp_path, capsys):
    changes = (
        "partition.seed_tokens=8192", "partition.vocab_size=300", "partition.globs=stdlib/json/*.py",
        "train.seed_tokens=40960", "train.warmup_steps=2", "train.logging_steps=5",
    )  # fmt: skip
    command = ["run", str(RECIPES / "seed-tiny"), "--run_dir", str(tmp_path)]
    assert main([*command, "--set", *changes]) == 0
    seed = tmp_path / "models" / "seed"
    manifest = read_manifest(seed)
    assert manifest["kind"] == "seed"
    model = AutoModelForCausalLM.from_pretrained(seed)
    assert type(model).__name__ == "HfOlmoForCausalLM"
    assert (model.config.attn_out, model.config.embedding_size, model.config.vocab_size) == ("identity", 1024, 300)
    assert (seed / "modeling_hf_olmo.py").is_file(), "others load it by its code"
    generated = model.generate(torch.tensor([[5, 6, 7]]), max_new_tokens=4, do_sample=False, eos_token_id=None)
    assert generated.shape == (1, 7)
    capsys.readouterr()
    assert main([*command, "--set", *changes]) == 0, "a second run skips what is finished"
