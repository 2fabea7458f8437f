"""Where results come from: the machine, the versions of what was measured, and the commit."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil


ROOT = Path(__file__).parent.parent
_PACKAGES = ("torch", "transformers", "tokenizers", "hf_ablate", "lm_eval", "ray")


@dataclass(frozen=True)
class Origin:
    """Of a run of benchmarks.

    Args:
        quick (`bool`): Whether the benchmarks were small; numbers of small ones are not those of large ones.
        commit (`str`): Of the repository, with "+" where tracked files differ from it.
        machine (`str`): Processor, cores and memory.
        versions (`dict[str, str]`): Of Python and packages.
    """

    quick: bool
    commit: str
    machine: str
    versions: dict[str, str]

    @classmethod
    def here(cls, quick: bool) -> "Origin":
        memory = psutil.virtual_memory().total / 1e9
        machine = f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB"
        return cls(quick, _commit(), machine, _versions())

    def __str__(self) -> str:
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        state = " with changes that are not committed" if self.commit.endswith("+") else ""
        return f"{self.machine}\n{versions}\ncommit {self.commit.rstrip('+')}{state}"

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Origin":
        return cls(**entry)


def _processor() -> str:
    """The name of the processor, where the system says it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
