"""Imports go one way, as the data flows; a new edge is a decision, made here."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest


PACKAGE = Path(__file__).parent.parent / "hf_ablate"

# What the modules at the top of the package, and each folder, may import of the package.
CORE = {
    "arguments", "blas", "byte_streams", "cache", "causal_models", "durations", "errors", "executor_arguments",
    "half_surrogates", "hub_client", "hub_errors", "json_lines", "loading_bars", "lock", "manifest", "model_config",
    "model_size", "palette", "progress", "ray_actors", "ray_cluster", "ray_tasks", "recipe", "records", "remote_code",
    "run_folder", "saved_model", "saved_tokenizer", "shipped", "short_names", "terminal", "text_table",
}  # fmt: skip
ALLOWED = {
    "corpus": set(),
    "mixtures": {"corpus"},
    "modeling": set(),
    "metrics": set(),
    "merging": {"mixtures"},
    "evaluation": {"corpus", "mixtures", "modeling", "merging", "launch"},
    "training": {"corpus", "mixtures", "modeling", "evaluation", "launch"},
    "adoption": {"corpus", "mixtures", "modeling", "merging", "evaluation"},
    "observations": {"corpus", "mixtures", "adoption"},
    "prediction": {"corpus", "mixtures", "evaluation", "observations"},
    "ranking": {"mixtures", "evaluation", "observations", "prediction"},
    "search": {"corpus", "mixtures", "evaluation", "observations", "prediction"},
    "ablation": {"corpus", "mixtures", "evaluation", "prediction"},
    "exports": {"corpus", "mixtures", "merging", "search"},
    "explorer": {"mixtures", "prediction", "ranking"},
    "report": {
        "corpus",
        "mixtures",
        "modeling",
        "merging",
        "prediction",
        "ranking",
        "search",
        "ablation",
        "explorer",
        "exports",
    },
    "comparison": {"mixtures", "modeling", "ranking", "report"},
    "hub": {"corpus", "mixtures", "merging", "evaluation", "ranking", "observations"},
    "study": {
        "commands",
        "launch",
        "corpus",
        "mixtures",
        "adoption",
        "training",
        "merging",
        "evaluation",
        "observations",
        "prediction",
        "ranking",
        "search",
        "ablation",
        "report",
        "exports",
        "hub",
    },
}


def imported_parts(path: Path) -> set[str]:
    """The first-level parts of hf_ablate that a file imports, wherever in the file."""
    location = path.relative_to(PACKAGE.parent).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.level:
            base = location[: len(location) - node.level]
            names = [(*base, *(node.module or "").split(".")) if node.module else (*base, a.name) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [tuple(node.module.split("."))]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        found |= {name[1] for name in names if name[0] == "hf_ablate" and len(name) > 1}
    return found


FILES = [path for folder in ALLOWED for path in sorted((PACKAGE / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_folder_imports_only_what_comes_before_it(path):
    folder = path.relative_to(PACKAGE).parts[0]
    forbidden = imported_parts(path) - ALLOWED[folder] - CORE - {folder}
    assert not forbidden, f"{path} imports {', '.join(sorted(forbidden))}"


MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imported_modules(name: str) -> set[str]:
    """The modules of the package that a module imports, wherever in the file."""
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            found |= {
                f"{module}.{alias.name}" if f"{module}.{alias.name}" in MODULES else module for alias in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return (found & MODULES.keys()) - {name}


def test_there_is_no_import_circle():
    graph = {name: imported_modules(name) for name in MODULES}
    try:
        list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(f"import circle: {' -> '.join(error.args[1])}")


def test_every_folder_is_listed():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").is_file()}
    assert folders <= set(ALLOWED)


HEAVY = ("torch", "transformers", "datasets", "evaluate", "mergekit", "pandas", "scipy", "sklearn", "matplotlib")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        *(
            [name, "--help"]
            for name in (
                "partition",
                "import",
                "adopt",
                "enumerate",
                "merge",
                "evaluate",
                "rank",
                "effects",
                "export",
                "compare",
                "propose",
                "predict",
                "convert",
                "push",
                "pull",
            )
        ),
    ],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(words):
    code = (
        "import sys\nfrom hf_ablate.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "hf-ablate" in result.stdout
