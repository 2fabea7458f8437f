"""Recipes for GPUs train in bf16, and set nothing that has not been tried on one."""

from pathlib import Path

from hf_ablate.commands import find_command


RECIPES = Path(__file__).parent.parent.parent / "recipes"
UNTRIED = ("torch_compile", "use_liger_kernel", "gradient_checkpointing")  # may be faster: docs/train.md


def test_recipes_for_gpus_are_in_bf16_and_set_nothing_untried(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train = find_command("train")
    own = [path for path in sorted(RECIPES.rglob("train.yaml")) if "\nbase: " not in path.read_text(encoding="utf-8")]
    parsed = {path.parent.name: train.parse(["--config", str(path)]) for path in own}
    on_gpus = {name: arguments for name, arguments in parsed.items() if not arguments.trainer["use_cpu"]}
    assert {"pool", "corpus-s2orc", "seed-130m", "seed-1.1b"} <= on_gpus.keys()
    for name, arguments in on_gpus.items():
        assert arguments.trainer["bf16"] is True, name
        assert arguments.attn_implementation is None, name
        assert arguments.trainer["optim"] == "adamw_torch_fused", name
        assert not any(arguments.trainer[option] for option in UNTRIED), name
