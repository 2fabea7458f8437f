"""Exports that any program reads: CSV, JSON, and the recipe by which `enumerate` lists the mixture."""

import csv
import io

from .export_input import ExportInput, quoted, yaml_text
from .template import Each, ExportFormat


def csv_format(given: ExportInput) -> ExportFormat:
    """A line per unit: its weight and, of a final training, its tokens and epochs.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    rows = given.rows(lambda text: {"name": _csv_cell(text.unit), **_budget(given, text.unit, "")})
    columns = ",tokens,epochs" if given.budgets else ""
    entry = "<<name>>,<<weight>>" + (",<<tokens>>,<<epochs>>" if given.budgets else "") + "\n"
    return ExportFormat("csv", "CSV", "mixture.csv", (f"unit,weight{columns}\n", Each(entry)), rows)


def json_format(given: ExportInput) -> ExportFormat:
    """A record per unit: its weight and, of a final training, its tokens and epochs.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    rows = given.rows(lambda text: {"name": quoted(text.unit), **_budget(given, text.unit, "null")})
    entry = '{"unit": <<name>>, "weight": <<weight>>'
    entry += (', "tokens": <<tokens>>, "epochs": <<epochs>>' if given.budgets else "") + "}"
    template = ('{\n"units": [\n', Each(entry, ",\n"), "\n]\n}\n")
    return ExportFormat("json", "JSON", "mixture.json", template, rows)


def yaml_format(given: ExportInput) -> ExportFormat:
    """The recipe by which `hf-ablate enumerate` lists the mixture; weights are exact, so that its id stays.

    Args:
        given ([`ExportInput`]): the study and the options.
    """
    rows = given.rows(lambda text: {"name": yaml_text(text.unit)})
    template = ("methods: [given]\nmixtures:\n- {", Each("<<name>>: <<exact>>", ", "), "}\n")
    title = given.title("hf_ablate", "`hf-ablate enumerate --config THIS_FILE --run_dir RUN_DIR` lists it")
    return ExportFormat("yaml", "enumerate (YAML)", "mixture.yaml", template, rows, title)


def _budget(given: ExportInput, unit: str, unknown: str) -> dict[str, str]:
    budget = given.budgets.get(unit)
    if budget is None:
        return {}
    return {"tokens": str(budget.tokens), "epochs": unknown if budget.epochs is None else f"{budget.epochs:.4f}"}


def _csv_cell(text: str) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([text])
    return line.getvalue()
