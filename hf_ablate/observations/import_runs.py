"""Runs from tables: mixtures and losses matched, checked, and added to those of the study."""

import logging
import math
from pathlib import Path

from ..corpus.description import CorpusDescription
from ..errors import InputError, unknown_name
from ..manifest import has_manifest
from ..mixtures.ranked import MEAN
from ..run_folder import RunFolder
from .arguments import ImportArguments, Tables
from .columns import ColumnPattern, guess_pattern, guess_patterns
from .mixtures_of_runs import mixtures_of
from .runs import ImportedRuns, Run, read_runs
from .tables import Table, read_table
from .values import RunKey, Values, find_id_column, listed, read_values


logger = logging.getLogger(__name__)
_ALL = 0.99


def import_tables(arguments: ImportArguments) -> tuple[ImportedRuns | None, ImportedRuns]:
    """The runs of the study, and these together with the runs of the tables; nothing is written.

    Raises:
        `InputError`: for tables that are none, do not match, or do not fit the study.
    """
    known = read_runs(arguments.run_dir) if has_manifest(RunFolder(arguments.run_dir).observations) else None
    imported = known
    for tables in arguments.tables:
        added = _read(arguments, tables, imported)
        names = f"{tables.mixtures.name} and {tables.losses.name}"
        imported = imported.joined(added, names) if imported else added
    if len(imported.runs) < 2:
        raise InputError(f"{imported.runs[0]} is the only one; predictions need runs on several mixtures")
    _check_units(arguments.run_dir, imported.units)
    return known, imported


def _read(arguments: ImportArguments, tables: Tables, known: ImportedRuns | None) -> ImportedRuns:
    """The runs in a pair of tables."""
    mixtures, losses = read_table(tables.mixtures), read_table(tables.losses)
    id_column = find_id_column([mixtures, losses], arguments.id_column)
    if arguments.id_column is None:
        logger.info("runs are told apart by the column %r (--id_column)", id_column)
    weights, by_domain, patterns = _named(arguments, mixtures, losses, id_column, known)
    _check_is_mixed(weights)
    mixture_of, loss_of = mixtures_of(weights), _checked_losses(by_domain)
    matched, prefix = _matched(weights, by_domain), arguments.id_prefix or ""
    runs = [
        Run(
            run=prefix + row.run, seed=row.seed or key.seed, scale=tables.scale, mixture=mixture_of[key],
            losses=loss_of[row], source=losses.name,
        )
        for row, key in matched.items()
    ]  # fmt: skip
    units, domains = tuple(sorted(weights.names)), tuple(sorted(by_domain.names))
    of_mixtures, of_losses = patterns
    return ImportedRuns(tuple(runs), units, domains, arguments.unit_of_measure, (of_mixtures.text,), (of_losses.text,))


def _named(
    arguments: ImportArguments, mixtures: Table, losses: Table, id_column: str, known: ImportedRuns | None
) -> tuple[Values, Values, tuple[ColumnPattern, ColumnPattern]]:
    """Weights by unit, losses by domain, and the patterns of the columns, guessed where none are given."""
    given = [text and ColumnPattern.of(text) for text in (arguments.mixture_columns, arguments.loss_columns)]
    weights = read_values(mixtures, "weight", id_column, arguments.seed_column, given[0])
    by_domain = read_values(losses, "loss", id_column, arguments.seed_column, given[1])
    if known:
        guessed = (guess_pattern(weights.names, known.units), guess_pattern(by_domain.names, known.domains))
    else:
        guessed = guess_patterns(weights.names, by_domain.names)
    patterns = (given[0] or guessed[0], given[1] or guessed[1])
    weights, by_domain = weights.renamed(patterns[0]), by_domain.renamed(patterns[1])
    logger.info("units: %s (--mixture_columns %r)", listed(weights.names), patterns[0].text)
    logger.info("domains: %s (--loss_columns %r)", listed(by_domain.names), patterns[1].text)
    return weights, by_domain, patterns


def _check_is_mixed(weights: Values) -> None:
    """Raise `InputError` for a single unit, and for a column that outweighs all others in every run, as steps do."""
    if len(weights.names) < 2:
        raise InputError(
            f"{weights.table} has weights of {weights.names[0]!r} alone; a mixture needs two units or more"
        )
    if len(weights.names) < 3 or len(weights.rows) < 2:
        return
    for unit in weights.names:
        if all(row.get(unit, 0.0) > _ALL * sum(row.values()) for row in weights.rows.values()):
            raise InputError(
                f"{weights.table}: every run has more than {_ALL:.0%} of its weight on {unit!r}; if that is not a "
                "unit, drop the column, or name those of units with --mixture_columns"
            )


def _checked_losses(losses: Values) -> dict[RunKey, dict[str, float]]:
    """The losses of each run, by domain in alphabetical order.

    Raises:
        `InputError`: for a loss that is missing or not finite, and a domain that is called like the mean of domains.
    """
    if MEAN in losses.names:
        raise InputError(
            f"{losses.table}: a domain is called {MEAN!r}, which names the mean of all domains; leave its column out "
            "with --loss_columns, or rename it"
        )
    for key, row in losses.rows.items():
        for domain in losses.names:
            if not math.isfinite(row.get(domain, math.nan)):
                raise InputError(
                    f"{losses.table}, {key}: the loss on {domain!r} is {row.get(domain, 'missing')}; expected a "
                    "finite number. Drop the run from both tables, or the domain from its table"
                )
    return {key: {domain: row[domain] for domain in sorted(losses.names)} for key, row in losses.rows.items()}


def _matched(weights: Values, losses: Values) -> dict[RunKey, RunKey]:
    """Row of the losses → row of the mixtures, which may tell seeds apart in one of the tables only.

    Raises:
        `InputError`: for runs that are in one table only.
    """
    of_run = {key.run: key for key in weights.rows}
    found: dict[RunKey, RunKey] = {}
    for row in losses.rows:
        without_seed = RunKey(row.run)
        if row in weights.rows:
            found[row] = row
        elif without_seed in weights.rows:
            found[row] = without_seed
        elif row.seed is None and row.run in of_run:
            found[row] = of_run[row.run]
    if without := [row for row in losses.rows if row not in found]:
        raise InputError(f"{weights.table} has no weights for runs that {losses.table} has: {listed(without)}")
    used = set(found.values())
    if unused := [key for key in weights.rows if key not in used]:
        raise InputError(f"{losses.table} has no losses for runs that {weights.table} has: {listed(unused)}")
    return found


def _check_units(run_dir: Path, units: tuple[str, ...]) -> None:
    """Raise `InputError` for a unit that the study's corpus, if it has one, does not have."""
    if has_manifest(RunFolder(run_dir).corpus):
        names = list(CorpusDescription.read(run_dir).units)
        for unit in units:
            if unit not in names:
                raise unknown_name("unit", unit, names)
