"""`torch_compile`: every model of a pool is compiled, and compiling changes no weight."""

import shutil

import torch
from tiny_corpus import tiny_arguments
from torch._dynamo.utils import counters

from hf_ablate.run_folder import RunFolder
from hf_ablate.saved_model import open_tensors
from hf_ablate.training import train


def test_models_beyond_the_limit_of_recompilation_are_compiled_too(pool, trained):
    run, uncompiled = RunFolder(pool), RunFolder(trained)
    names = ("alpha", "beta")
    for name in names:
        shutil.rmtree(run.component(name))
    counters.clear()
    with torch._dynamo.config.patch(recompile_limit=1):
        train.run(tiny_arguments(pool, torch_compile=True, torch_compile_backend="eager"))
    assert counters["stats"]["unique_graphs"] == len(names)
    for name in names:
        tensors, expected = open_tensors(run.component(name)), open_tensors(uncompiled.component(name))
        assert all(torch.equal(tensors[key], expected[key]) for key in expected)
