"""A mixture of the made-up study, and how the files that it is exported to are read."""

import importlib.util
import sys
from pathlib import Path

import yaml


MIXTURE = {"pandas": 0.5, "scipy": 0.3, "transformers": 0.2}


def read_yaml(path: Path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # numbers as they are written


def run_module(path: Path):
    """A Python file, as `import` runs it."""
    spec = importlib.util.spec_from_file_location("exported_mixture", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["exported_mixture"] = module  # dataclasses look for the module of their annotations
    spec.loader.exec_module(module)
    return module
