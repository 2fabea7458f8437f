"""`hf-ablate run --dry_run`: what a run will do, printed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .plan.plan import plan_study


def print_plan(study: Path, stages: Mapping[str, Any], run_dir: Path, output_format: str) -> None:
    """Print what a run of a study will do; nothing is done.

    Args:
        study (`Path`): the folder of recipes.
        stages (`Mapping[str, Any]`): the arguments of every stage.
        run_dir (`Path`): the run folder.
        output_format (`str`): `table` or `json`.

    Raises:
        `InputError`: for input that is not there, and for what does not fit together.
    """
    plans = plan_study(stages, run_dir)
    if output_format == "json":
        plan = {"study": str(study), "run_dir": str(run_dir), "stages": [plan.as_json() for plan in plans]}
        print(json.dumps(plan, ensure_ascii=False))
    else:
        print("\n".join(plan.as_text() for plan in plans))
