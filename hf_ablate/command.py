"""One command: its parser, its words turned into arguments, and its work, here or under `accelerate launch`."""

import argparse
import importlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from .arguments import ModelStageArguments, make_parser, parse, with_underscores
from .errors import InputError
from .launch import end_with_parent, is_launched, launch, split_tokens
from .progress import sign_of_life
from .recipe import parse_with_recipe
from .remote_code import trusting


@dataclass(frozen=True)
class Command:
    """A command: what help shows of it, its arguments class and the module whose `run(arguments)` does the work."""

    name: str
    help: str
    arguments: str
    module: str
    examples: tuple[str, ...]
    takes_recipe: bool = True
    launches: bool = False

    def parser(self) -> argparse.ArgumentParser:
        examples = "\n".join(f"  hf-ablate {self.name} {example}" for example in self.examples)
        if self.name == "train":  # it takes transformers' options too
            make = importlib.import_module(".training.options", __package__).make_train_parser
            return make(self.arguments_class, f"hf-ablate {self.name}", self.help, examples)
        return make_parser(self.arguments_class, f"hf-ablate {self.name}", self.help, examples)

    @property
    def build(self) -> Callable[..., Any]:
        """Makes the arguments object from parsed values."""
        return self.arguments_class.from_options if self.name == "train" else self.arguments_class

    @property
    def arguments_class(self) -> type:
        module, name = self.arguments.split(":")
        return getattr(importlib.import_module(module, __package__), name)

    @property
    def run(self) -> Callable[[Any], None]:
        return importlib.import_module(self.module, __package__).run

    def parse(self, tokens: list[str]) -> Any:
        """The arguments in a command's words; options of `accelerate launch` are left out.

        Raises:
            `InputError`: for a mistake in the words or the recipe, and for options of accelerate without its config.
        """
        tokens = with_underscores(tokens)
        if not self.takes_recipe:
            return parse(self.parser(), tokens, lambda values: self.build(**values))
        own, launch_tokens = split_tokens(self.parser(), tokens) if self.launches else (tokens, [])
        arguments = parse_with_recipe(self.parser(), own, self.build, getattr(self.arguments_class, "places", ()))
        if launch_tokens and not arguments.accelerate_config:
            raise InputError(f"{launch_tokens[0]} is an option of accelerate; name an --accelerate_config too")
        if launch_tokens and arguments.executor == "ray":
            raise InputError(
                f"{launch_tokens[0]} is an option of accelerate, which executor ray starts on nodes; write it into a "
                "configuration of your own, and name that file as accelerate_config"
            )
        return arguments

    def launch_config(self, arguments: Any) -> str | None:
        """The accelerate configuration to launch the work with; `None` where this process does it.

        It is the configuration that the arguments name, otherwise the stage's own choice.
        """
        if not self.launches or is_launched() or arguments.dry_run or arguments.executor == "ray":
            return None
        if arguments.accelerate_config or self.name != "train":
            return arguments.accelerate_config
        return importlib.import_module(self.module, __package__).accelerate_config_for(arguments)

    def start(self, arguments: Any, tokens: list[str]) -> None:
        """Do the work, here or in processes under `accelerate launch`, which get the words that were parsed."""
        with trusting(isinstance(arguments, ModelStageArguments) and arguments.trust_remote_code):
            config = self.launch_config(arguments)
            if config:
                launch(self.name, *split_tokens(self.parser(), with_underscores(tokens)), config=config)
            else:
                if self.launches and is_launched():
                    end_with_parent()
                with sign_of_life(self.name) if self.name != "run" else nullcontext():  # which is that of its stages
                    self.run(arguments)
