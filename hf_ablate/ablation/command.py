"""`hf-ablate effects`: what changes of a mixture do, what its units are worth, and which of two mixtures is better."""

from ..records import print_csv, records_text
from ..run_folder import RunFolder
from .arguments import EffectsArguments
from .comparison import compare_mixtures
from .tables import comparison_text, effects_tables
from .written import write_effects


def run(arguments: EffectsArguments) -> None:
    """Print the effects of changes of a mixture, or the comparison of two mixtures; the effects are written too."""
    if arguments.dry_run:
        print(_plan(arguments))
        return
    if arguments.compare:
        content = compare_mixtures(
            arguments.run_dir, arguments.compare, arguments.target, arguments.confidence, arguments.scale
        )
        table, text = "comparison", comparison_text
    else:
        content = write_effects(arguments.run_dir, arguments.settings)
        table, text = "effects", effects_tables
    if arguments.output_format == "json":
        print(records_text(content))
    elif arguments.output_format == "csv":
        print_csv(content[table])
    else:
        print(text(content))


def _plan(arguments: EffectsArguments) -> str:
    if arguments.compare:
        return f"compare the mixtures {arguments.compare[0]} and {arguments.compare[1]}; nothing is written"
    return (
        f"write the effects of changes of the mixture {arguments.mixture} into {RunFolder(arguments.run_dir).effects}"
    )
