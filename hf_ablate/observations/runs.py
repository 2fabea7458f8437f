"""Imported runs as a run folder holds them: `observations/runs.jsonl`, a run a line."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..manifest import digest, fingerprint, is_finished, read_manifest, write_manifest, write_text
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder


@dataclass(frozen=True)
class Run:
    """A model that was really trained on a mixture, and what it loses on every domain.

    Args:
        run (`str`): its id in the table that it comes from.
        seed (`str`, *optional*): tells repeats of one run apart.
        scale (`str`): of the model; empty where none is named.
        mixture ([`Mixture`]): what it was trained on.
        losses (`dict[str, float]`): domain → loss, lower is better.
        source (`str`): the file that it comes from, without its folder.
    """

    run: str
    seed: str | None
    scale: str
    mixture: Mixture
    losses: dict[str, float]
    source: str

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What makes two runs the same."""
        return self.scale, self.run, self.seed

    @property
    def digest(self) -> str:
        """Of its numbers."""
        return digest([self.mixture.items, self.losses])

    def as_row(self) -> dict[str, Any]:
        """The JSON object that holds it."""
        return {
            "run": self.run, "seed": self.seed, "scale": self.scale, "mixture_id": self.mixture.id,
            "mixture": self.mixture.weights, "losses": self.losses, "source": self.source, "digest": self.digest,
        }  # fmt: skip

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> "Run":
        """The run in a JSON object."""
        mixture = Mixture.of(row["mixture"])
        return cls(row["run"], row["seed"], row["scale"], mixture, row["losses"], row["source"])

    def __str__(self) -> str:
        seed = f" with seed {self.seed}" if self.seed else ""
        return f"run {self.run}{seed}{f' at scale {self.scale}' if self.scale else ''}"


@dataclass(frozen=True)
class ImportedRuns:
    """All runs that a study has imported, with the same units and domains, and how their tables call these.

    Args:
        runs (`tuple[Run, ...]`): in the order of their import.
        units (`tuple[str, ...]`): in alphabetical order.
        domains (`tuple[str, ...]`): in alphabetical order.
        unit_of_measure (`str`): of the losses.
        mixture_columns (`tuple[str, ...]`): patterns of the columns of units.
        loss_columns (`tuple[str, ...]`): patterns of the columns of domains.
    """

    runs: tuple[Run, ...]
    units: tuple[str, ...]
    domains: tuple[str, ...]
    unit_of_measure: str
    mixture_columns: tuple[str, ...]
    loss_columns: tuple[str, ...]

    def joined(self, other: "ImportedRuns", tables: str) -> "ImportedRuns":
        """These and others; runs that are here already are not added again.

        Args:
            other ([`ImportedRuns`]): what is added.
            tables (`str`): where the others are from, for messages.

        Raises:
            `InputError`: for other units, domains or unit of measure, and for a run that has other numbers here.
        """
        _check_same("units", self.units, other.units, tables)
        _check_same("domains", self.domains, other.domains, tables)
        if self.unit_of_measure != other.unit_of_measure:
            raise InputError(
                f"the losses are in {other.unit_of_measure}, and those of the study in {self.unit_of_measure}; "
                "convert them, or say what they are in with --unit_of_measure"
            )
        known = {run.key: run for run in self.runs}
        for run in other.runs:
            if run.key in known and known[run.key].digest != run.digest:
                raise InputError(
                    f"{run} has other numbers in {run.source} than in {known[run.key].source}, which the study holds "
                    "already; name another --scale, or an --id_prefix if it is another run"
                )
            known[run.key] = known.get(run.key, run)
        return replace(
            self,
            runs=tuple(known.values()),
            mixture_columns=tuple(dict.fromkeys([*self.mixture_columns, *other.mixture_columns])),
            loss_columns=tuple(dict.fromkeys([*self.loss_columns, *other.loss_columns])),
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The runs as JSON objects."""
        return [run.as_row() for run in self.runs]

    @property
    def settings(self) -> dict[str, Any]:
        """All but the runs, as the manifest records it."""
        return {
            "units": list(self.units), "domains": list(self.domains), "unit_of_measure": self.unit_of_measure,
            "mixture_columns": list(self.mixture_columns), "loss_columns": list(self.loss_columns),
        }  # fmt: skip


def _check_same(what: str, known: tuple[str, ...], given: tuple[str, ...], tables: str) -> None:
    only_known, only_given = sorted(set(known) - set(given)), sorted(set(given) - set(known))
    if only_known or only_given:
        parts = [f"they lack {', '.join(only_known)}"] if only_known else []
        parts += [f"only they have {', '.join(only_given)}"] if only_given else []
        raise InputError(
            f"{tables} have other {what} than the runs before them: {' and '.join(parts)}. Name the columns to read "
            "with --mixture_columns and --loss_columns, or add what is missing"
        )


def read_runs(run_dir: Path) -> ImportedRuns:
    """The runs that a study has imported.

    Raises:
        `InputError`: if there are none.
    """
    folder = RunFolder(run_dir)
    settings = read_manifest(folder.observations)["arguments"]
    with open(folder.runs_file, encoding="utf-8") as file:
        runs = tuple(Run.of_row(json.loads(line)) for line in file)
    values = {name: value if isinstance(value, str) else tuple(value) for name, value in settings.items()}
    return ImportedRuns(runs, **values)


def write_runs(run_dir: Path, imported: ImportedRuns) -> bool:
    """Write the runs of a study; does nothing when they are there already.

    Returns:
        `bool`: whether anything was written.
    """
    folder = RunFolder(run_dir)
    inputs = {"runs": digest(imported.rows)}
    if is_finished(folder.observations, fingerprint("import", imported.settings, inputs)):
        return False
    # Both files are replaced as a whole, and runs are only ever added: a killed import leaves a table to import again.
    write_text(folder.runs_file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in imported.rows))
    write_manifest(
        folder.observations, "import", imported.settings, inputs, digest=inputs["runs"], count=len(imported.runs)
    )
    return True
