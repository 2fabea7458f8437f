"""What a plain `import hf_ablate` does for the Auto classes, each time in a fresh process."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


CHECKPOINT = Path(__file__).parent.parent / "fixtures" / "seed_architecture_tiny" / "hf_olmo_safetensors"
LOAD = f"""
model = AutoModelForCausalLM.from_pretrained({str(CHECKPOINT)!r})
assert type(model).__module__ == "hf_ablate.modeling.modeling_hf_olmo", type(model)
"""


def run_python(code: str) -> None:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "imports",
    [
        "from transformers import AutoModelForCausalLM\nimport hf_ablate",
        # Each of these imports the Auto classes in the middle of what the architecture is made of.
        "import hf_ablate\nimport transformers.modeling_layers",
        "import hf_ablate.modeling.modeling_hf_olmo",
    ],
    ids=["after transformers", "inside transformers", "inside the architecture"],
)
def test_the_auto_classes_know_the_architecture_whatever_is_imported_first(imports):
    run_python(f"{imports}\nfrom transformers import AutoModelForCausalLM{LOAD}")


def test_each_auto_class_loads_a_folder():
    run_python(f"""
import sys
import hf_ablate
assert "transformers" not in sys.modules and "torch" not in sys.modules
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer
folder = {str(CHECKPOINT)!r}
assert type(AutoConfig.from_pretrained(folder)).__name__ == "HfOlmoConfig"
assert type(AutoModel.from_pretrained(folder)).__name__ == "HfOlmoModel"
assert type(AutoModelForCausalLM.from_pretrained(folder)).__name__ == "HfOlmoForCausalLM"
tokenizer = AutoTokenizer.from_pretrained(folder)
assert tokenizer.decode(tokenizer("naïve ☕")["input_ids"]) == "naïve ☕"
import peft
assert peft.utils.TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING["hf_olmo"] == ["att_proj"]
""")


def test_an_early_release_loads_and_transformers_own_olmo_too(tmp_path):
    early, own = tmp_path / "early", tmp_path / "own"
    shutil.copytree(CHECKPOINT, early)
    config = json.loads((early / "config.json").read_text()) | {"model_type": "olmo"}
    (early / "config.json").write_text(json.dumps(config))
    run_python(f"""
import hf_ablate
from transformers import AutoModelForCausalLM, OlmoConfig, OlmoForCausalLM
model, original = (AutoModelForCausalLM.from_pretrained(folder) for folder in ({str(early)!r}, {str(CHECKPOINT)!r}))
assert type(model).__name__ == "HfOlmoForCausalLM" and model.config.model_type == "hf_olmo"
assert all(weight.equal(original.state_dict()[name]) for name, weight in model.state_dict().items())
config = OlmoConfig(vocab_size=32, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
                    pad_token_id=0, eos_token_id=0)
OlmoForCausalLM(config).save_pretrained({str(own)!r})
assert AutoModelForCausalLM.from_pretrained({str(own)!r}).config.hidden_size == 8
""")


def test_spawned_workers_know_it_too(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"""
import multiprocessing
import hf_ablate

def load(folder):
    from transformers import AutoModelForCausalLM
    return type(AutoModelForCausalLM.from_pretrained(folder)).__name__

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(load, [{str(CHECKPOINT)!r}]) == ["HfOlmoForCausalLM"]
""")
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
