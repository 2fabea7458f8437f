"""The studies that come with the package: a link to the repository's `recipes/`, of which a wheel holds a copy."""

from pathlib import Path

from .errors import InputError, unknown_name


_FOLDER = Path(__file__).parent / "recipes"


def shipped_studies() -> list[str]:
    """The names of the studies that come with the package: their folders, also of folders in folders."""
    return sorted({path.parent.relative_to(_FOLDER).as_posix() for path in _FOLDER.rglob("*.yaml")})


def find_study(study: Path) -> Path:
    """A folder of recipes: an existing one, otherwise that of a study that comes with the package.

    Raises:
        `InputError`: if it is neither; with the nearest name.
    """
    if study.is_dir():
        return study
    name, names = study.as_posix(), shipped_studies()
    if name in names:
        return _FOLDER / study
    is_name = len(study.parts) == 1 or study.parts[0] in {shipped.partition("/")[0] for shipped in names}
    if is_name and not study.exists():
        raise InputError(f"{unknown_name('study', name, names)}; or a folder (looked for {study.resolve()})")
    shipped = next((shipped for shipped in names if name.endswith(f"/{shipped}")), None)
    hint = f"; `{shipped}` alone is the study that comes with hf_ablate" if shipped else ""
    raise InputError(f"{study} is not a folder of recipes (looked for {study.resolve()}){hint}")


def find_recipe(recipe: Path) -> Path:
    """A recipe: an existing file, otherwise `STUDY/STAGE.yaml` of a study that comes with the package.

    Raises:
        `InputError`: if it is neither; with the resolved path.
    """
    if recipe.is_file():
        return recipe
    if recipe.parent.as_posix() in shipped_studies() and (_FOLDER / recipe).is_file():
        return _FOLDER / recipe
    if recipe.is_dir():
        raise InputError(f"recipe {recipe} is a folder; name one of the files in it")
    raise InputError(f"recipe {recipe} does not exist (looked for {recipe.resolve()})")


def project_folder(recipe: Path) -> Path:
    """What the paths in a recipe are relative to: the folder that holds `recipes/`, else the working directory.

    Args:
        recipe (`Path`): the file. `<project>/recipes/<study>/<stage>.yaml` belongs to the project, and so do studies
            in folders of `recipes/`; a recipe anywhere else, and one that comes with the package, to the working
            directory.
    """
    for folder in recipe.absolute().parent.parents:
        if folder == _FOLDER:
            return Path.cwd()
        if folder.name == _FOLDER.name:
            return folder.parent
    return Path.cwd()
