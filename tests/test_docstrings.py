"""Public functions say what they take, return and raise; ruff holds the rest (see pyproject.toml)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path


PACKAGE = Path(__file__).parent.parent / "hf_ablate"
MOST_PARAMETERS = 6
OF_TRANSFORMERS = "modeling/modeling_hf_olmo.py"  # whose functions take what transformers calls them with
ARRAY = re.compile(r"ndarray|\bTensor\b|DataFrame")


def functions() -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    """(place, function, whether it is public) for all functions of modules and methods of classes."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            holds = node.body if isinstance(node, ast.ClassDef) else [node]
            owner = node.name if isinstance(node, ast.ClassDef) else ""
            for function in holds:
                if isinstance(function, ast.FunctionDef):
                    is_public = not (function.name.startswith("_") or owner.startswith("_"))
                    yield f"{path.relative_to(PACKAGE)}:{owner and owner + '.'}{function.name}", function, is_public


FUNCTIONS = list(functions())
# Overrides of transformers' callbacks take what transformers gives them.
PUBLIC = [
    (place, function) for place, function, is_public in FUNCTIONS if is_public and "on_" not in function.name[:3]
]


def parameters(function: ast.FunctionDef) -> list[str]:
    """The names of a function's parameters, without `self` and `cls`."""
    arguments = function.args
    names = [entry.arg for entry in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def is_property(function: ast.FunctionDef) -> bool:
    """Whether a method is read like an attribute."""
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def documented(function: ast.FunctionDef) -> str:
    """The docstring."""
    return ast.get_docstring(function) or ""


def raises_input_errors(function: ast.FunctionDef) -> bool:
    """Whether a function itself raises an `InputError`."""
    raised = [ast.unparse(node.exc) for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc]
    return any(re.match(r"(InputError|unknown_name)\(", text) for text in raised)


def test_no_function_takes_more_than_six_parameters():
    assert not [
        place
        for place, function, _ in FUNCTIONS
        if len(parameters(function)) > MOST_PARAMETERS and not place.startswith(OF_TRANSFORMERS)
    ]


def test_functions_of_three_parameters_or_more_explain_them():
    missing = []
    for place, function in PUBLIC:
        section = documented(function).partition("Args:")[2].partition("\n\n")[0]
        if len(names := parameters(function)) > 2 and not all(re.search(rf"\b{name}\b", section) for name in names):
            missing.append(place)
    assert not missing


def test_functions_that_return_arrays_give_their_shape():
    arrays = [
        (place, function)
        for place, function in PUBLIC
        if function.returns and ARRAY.search(ast.unparse(function.returns)) and not is_property(function)
    ]
    assert len(arrays) > 20
    assert not [place for place, function in arrays if "Returns:" not in documented(function)]


def test_functions_that_raise_say_so():
    raising = [(place, function) for place, function in PUBLIC if raises_input_errors(function)]
    assert len(raising) > 50
    said = re.compile(r"Raises:|Raise `InputError`|`InputError`")
    assert not [place for place, function in raising if not said.search(documented(function))]
