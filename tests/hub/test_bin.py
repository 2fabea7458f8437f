"""Models on the Hub that are saved as `.bin` alone."""

import huggingface_hub
import torch
from safetensors.torch import load_file

from hf_ablate.evaluation.models.external import external_models
from hf_ablate.saved_model import load_causal_lm, weight_files


def test_a_model_on_the_hub_may_be_saved_as_bin(hub, study):
    folder = study / "models" / "seed"
    expected, _ = load_causal_lm(folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    torch.save({"not": "weights"}, folder / "training_args.bin")
    huggingface_hub.create_repo("ada/old")
    huggingface_hub.upload_folder(repo_id="ada/old", folder_path=folder)
    (model,) = external_models(["ada/old"])
    assert [path.name for path in weight_files(model.folder)] == ["pytorch_model.bin"]
    assert not (model.folder / "training_args.bin").exists()
    loaded, _ = load_causal_lm(model.folder)
    for name, tensor in expected.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
