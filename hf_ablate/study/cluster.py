"""A study on a Ray cluster: the options of its stages, and one connection for all of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import InputError
from ..executor_arguments import ExecutorArguments
from ..ray_cluster import ray_cluster


def with_executor(
    changes: Mapping[str, list[str]], arguments_of: Mapping[str, type], asked: ExecutorArguments
) -> dict[str, list[str]]:
    """Changes to recipes, and before them what makes the stages work where they are asked to.

    Args:
        changes (`Mapping[str, list[str]]`): stage → options that its command is given beside its recipe; a stage that
            is given an executor keeps it.
        arguments_of (`Mapping[str, type]`): stage → the class of its arguments.
        asked ([`ExecutorArguments`]): where they are to work.

    Raises:
        `InputError`: if the study has no stage that a Ray cluster can do.
    """
    stages = [stage for stage, cls in arguments_of.items() if issubclass(cls, ExecutorArguments)]
    if not stages:
        raise InputError(
            "executor is for partition, train and evaluate, and the study has no recipe for them, but for "
            f"{', '.join(arguments_of)}; leave executor out"
        )
    words = [f"--executor={asked.executor}"]
    if asked.ray_address or asked.executor == "local":
        words.append(f"--ray_address={asked.ray_address or 'null'}")
    free = [stage for stage in stages if not any(word.startswith("--executor=") for word in changes.get(stage, []))]
    return {**changes, **{stage: words + changes.get(stage, []) for stage in free}}


@contextmanager
def connection_of(stages: Mapping[str, Any]) -> Iterator[None]:
    """Within the block, the Ray cluster of a study's stages is connected; if there are several, each stage connects.

    Args:
        stages (`Mapping[str, Any]`): stage → its arguments.

    Raises:
        `InputError`: if Ray is not installed, or there is no cluster at the address.
    """
    addresses = {
        arguments.ray_address
        for arguments in stages.values()
        if isinstance(arguments, ExecutorArguments) and arguments.executor == "ray"
    }
    if len(addresses) != 1:
        yield
        return
    with ray_cluster(addresses.pop()):
        yield
