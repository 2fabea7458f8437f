"""The studies that come with the package: a link to the repository's `recipes/`, of which a wheel holds a copy."""

from pathlib import Path

from .errors import InputError, unknown_name


_FOLDER = Path(__file__).parent / "recipes"


def shipped_studies() -> list[str]:
    """The names of the studies that come with the package."""
    return sorted(folder.name for folder in _FOLDER.iterdir() if folder.is_dir())


def find_study(study: Path) -> Path:
    """A folder of recipes: an existing one, otherwise that of a study that comes with the package.

    Raises:
        `InputError`: if it is neither; with the nearest name.
    """
    if study.is_dir():
        return study
    names = shipped_studies()
    if str(study) in names:
        return _FOLDER / study
    if len(study.parts) == 1 and not study.exists():
        raise InputError(f"{unknown_name('study', str(study), names)}; or a folder (looked for {study.resolve()})")
    hint = f"; `{study.name}` alone is the study that comes with hf_ablate" if study.name in names else ""
    raise InputError(f"{study} is not a folder of recipes (looked for {study.resolve()}){hint}")


def find_recipe(recipe: Path) -> Path:
    """A recipe: an existing file, otherwise `STUDY/STAGE.yaml` of a study that comes with the package.

    Raises:
        `InputError`: if it is neither; with the resolved path.
    """
    if recipe.is_file():
        return recipe
    if len(recipe.parts) == 2 and (_FOLDER / recipe).is_file():
        return _FOLDER / recipe
    if recipe.is_dir():
        raise InputError(f"recipe {recipe} is a folder; name one of the files in it")
    raise InputError(f"recipe {recipe} does not exist (looked for {recipe.resolve()})")


def project_folder(recipe: Path) -> Path:
    """What the paths in a recipe are relative to: the folder that holds `recipes/`, else the working directory.

    Args:
        recipe (`Path`): the file. `<project>/recipes/<study>/<stage>.yaml` belongs to the project; a recipe anywhere
            else, and one that comes with the package, to the working directory.
    """
    recipes = recipe.absolute().parent.parent
    is_project = recipes.name == _FOLDER.name and recipes != _FOLDER
    return recipes.parent if is_project else Path.cwd()
