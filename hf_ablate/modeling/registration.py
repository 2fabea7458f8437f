"""Registers the seeds' architecture with transformers' Auto classes and with peft.

`import hf_ablate` must do it, but must not import transformers, which takes seconds. So the architecture is registered
at once with what is already imported, and with the rest as soon as it is imported: a finder at the head of
`sys.meta_path` finds no module itself, but is called back when modules of transformers and peft have been executed.
Registration waits until the *outermost* of nested imports is done: in the middle of one, the modules that the
architecture is made of are half-executed and cannot be imported.
"""

import functools
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType


# This folder too: the architecture itself can be the outermost import, and half-executed.
WATCHED = ("transformers", "peft", __package__)


def register_configuration() -> None:
    """Register the configuration with `AutoConfig`."""
    from transformers import AutoConfig

    from .configuration_hf_olmo import HfOlmoConfig

    AutoConfig.register("hf_olmo", HfOlmoConfig)


def register_models() -> None:
    """Register the models with their Auto classes."""
    from transformers import AutoModel, AutoModelForCausalLM

    from .modeling_hf_olmo import HfOlmoConfig, HfOlmoForCausalLM, HfOlmoModel

    AutoModel.register(HfOlmoConfig, HfOlmoModel)
    AutoModelForCausalLM.register(HfOlmoConfig, HfOlmoForCausalLM)


def register_lora_targets() -> None:
    """The fused projection of queries, keys and values, as for peft's other models that have one."""
    from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING

    TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING["hf_olmo"] = ["att_proj"]


def read_early_releases() -> None:
    """Have transformers' own OLMo hand the early releases, which call themselves `olmo` too, to this architecture.

    It would load them at its default size with random weights, and hardly mention it.
    """
    from transformers import OlmoConfig

    def from_dict(cls, config_dict, **kwargs):
        if "d_model" in config_dict:
            from .configuration_hf_olmo import HfOlmoConfig

            return HfOlmoConfig.from_dict(config_dict | {"model_type": HfOlmoConfig.model_type}, **kwargs)
        return super(OlmoConfig, cls).from_dict(config_dict, **kwargs)

    OlmoConfig.from_dict = classmethod(from_dict)


class RegisterAfterImport:
    """A meta path finder that registers the architecture with modules as soon as they are imported."""

    def __init__(self):
        self.pending = {
            "transformers.models.auto.configuration_auto": register_configuration,
            "transformers.models.auto.modeling_auto": register_models,
            "transformers.models.olmo.configuration_olmo": read_early_releases,
            "peft.utils.constants": register_lora_targets,
        }
        self.nesting = threading.local()

    def find_spec(self, name: str, path=None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As the import system asks for it.

        Args:
            name (`str`): the module's name.
            path (`list[str]`, *optional*): of the package that it is in.
            target (`ModuleType`, *optional*): the module that is reloaded.
        """
        if not name.startswith(WATCHED):
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    self._call_back(spec.loader)
                return spec
        return None

    def _call_back(self, loader) -> None:
        """Have this loader (there is one for each module) call back once; otherwise it is unchanged."""
        execute = loader.exec_module

        @functools.wraps(execute)
        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            self.nesting.depth = getattr(self.nesting, "depth", 0) + 1
            try:
                execute(module)
            finally:
                self.nesting.depth -= 1
            if self.nesting.depth == 0:
                self.register_imported()

        loader.exec_module = exec_module

    def register_imported(self) -> None:
        """Register with what has been imported."""
        for name in list(self.pending):
            if name in sys.modules and (register := self.pending.pop(name, None)):
                register()


def register() -> None:
    """Register with what is already imported, and with the rest when it is imported. Called once, by `hf_ablate`."""
    finder = RegisterAfterImport()
    sys.meta_path.insert(0, finder)
    finder.register_imported()
