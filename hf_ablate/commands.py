"""The commands: what help shows of each, its arguments class, and the module that is imported only when it runs."""

from .command import Command
from .errors import unknown_name


COMMANDS = (
    Command(
        "init",
        "Write a study's folder of recipes to edit, from a study that comes with hf_ablate.",
        ".study.init:InitArguments",
        ".study.init",
        ("recipes/mine", "recipes/mine --from corpus-s2orc"),
        takes_recipe=False,
    ),
    Command(
        "run",
        "Run a whole study: every stage that its folder of recipes describes, skipping what is finished.",
        ".study.run:RunArguments",
        ".study.run",
        (
            "quickstart",
            "quickstart --dry_run",
            "quickstart --set train.learning_rate=1e-3",
            "quickstart --rounds 3 --references_per_round 4 --max_gpu_hours 1",
        ),
    ),
    Command(
        "partition",
        "Cut a corpus into base units of equal token budgets, and write evaluation splits.",
        ".corpus.arguments:PartitionArguments",
        ".corpus.partition",
        (
            "--config quickstart/partition.yaml",
            "--source jsonl --roots data/papers --partition_by field --unit_tokens 10000000 --run_dir runs/papers",
            "--config corpus-s2orc/partition.yaml --decontaminate_against held_out data/paloma",
        ),
    ),
    Command(
        "import",
        "Add runs that were trained elsewhere: tables of mixtures and losses, or a model.",
        ".observations.arguments:ImportArguments",
        ".observations.import_evidence",
        (
            "--mixtures weights.csv --losses losses.csv runs/x",
            "--mixtures 1m.csv --losses 1m_losses.csv --scale 1m --also-mixtures 60m.csv --also-losses 60m_losses.csv "
            "--scale 60m runs/x",
            """--model FOLDER --mixture '{"code": 0.5, "web": 0.5}' runs/quickstart""",
        ),
        takes_recipe=False,
    ),
    Command(
        "adopt",
        "Take models that were trained elsewhere, folders or Hub ids, as a study's seed, components and references.",
        ".adoption.arguments:AdoptArguments",
        ".adoption.adopt",
        (
            "runs/x --component code=models/code web=models/web --seed models/seed --corpus data/paloma",
            "runs/x --units Biology_2021 Biology_2022 --component 'Biology_{years}=ORG/biology{years}' "
            "--reference 'Biology_*=ORG/biology-all'",
            "runs/quickstart --reference 'pandas + sympy=models/both' --dry_run",
        ),
    ),
    Command(
        "enumerate",
        "List the candidate mixtures of the units, and choose those that get a reference model.",
        ".mixtures.arguments:EnumerateArguments",
        ".search.planned_power",
        (
            "--config quickstart/enumerate.yaml",
            "--run_dir runs/x --methods leave_one_out pairs",
            "--run_dir runs/x --methods random --sizes 3 --samples 50 --references all",
            """--run_dir runs/x --methods given --mixtures '{"field=biology": 2, "cs_*": 1}'""",
        ),
    ),
    Command(
        "train",
        "Train what the study lacks: the seed model, a component model per unit, reference models.",
        ".training.arguments:TrainArguments",
        ".training.train",
        (
            "--config quickstart/train.yaml",
            "--config quickstart/train.yaml --model component:sympy",
            "--config quickstart/train.yaml --dry_run",
            "--config quickstart/train.yaml --accelerate_config cpu --num_processes 2",
        ),
        launches=True,
    ),
    Command(
        "merge",
        "Save the model merged for a mixture, through mergekit, together with its YAML.",
        ".merging.arguments:MergeArguments",
        ".merging.merge",
        ("--config quickstart/merge.yaml", "--run_dir runs/quickstart --mixture best"),
    ),
    Command(
        "evaluate",
        "Score models and proxies on evaluation text.",
        ".evaluation.arguments:EvaluateArguments",
        ".evaluation.evaluate",
        (
            "--config quickstart/evaluate.yaml",
            "--model FOLDER_OR_ID --data FOLDER --split val --output_dir OUT",
            "--config quickstart/evaluate.yaml --accelerate_config cpu --num_processes 2",
        ),
        launches=True,
    ),
    Command(
        "rank",
        "Rank the mixtures, and measure how well proxies agree with reference models.",
        ".ranking.arguments:RankArguments",
        ".ranking.rank",
        ("--config quickstart/rank.yaml",),
    ),
    Command(
        "propose",
        "Propose the best mixture under constraints, what to train to be surer of it, or units that more would help.",
        ".search.arguments:ProposeArguments",
        ".search.propose",
        (
            "runs/quickstart",
            """runs/quickstart --target '{"pandas": 2, "out_of_domain": 1}' --max_units 3""",
            """runs/quickstart --min '{"sympy": 0.1}' --max_epochs 4 --total_tokens 1000000""",
            "runs/quickstart --prior uniform --max_distance 0.2 --output best.yaml",
            "runs/quickstart --for reference --count 4",
            "runs/quickstart --for unit --max_epochs 4 --total_tokens 1000000",
        ),
    ),
    Command(
        "effects",
        "Say what dropping, adding or swapping units does, what each is worth, and which of two mixtures is better.",
        ".ablation.arguments:EffectsArguments",
        ".ablation.command",
        (
            "runs/quickstart",
            "runs/quickstart --mixture uniform --target scipy",
            "runs/quickstart --compare best uniform",
        ),
    ),
    Command(
        "report",
        "Write the study's page and figures.",
        ".report.arguments:ReportArguments",
        ".report.write",
        ("--config quickstart/report.yaml",),
    ),
    Command(
        "export",
        "Write a mixture as the configuration of a trainer: datasets, trl, torchtitan, OLMo-core, Megatron-LM, …",
        ".exports.arguments:ExportArguments",
        ".exports.export",
        (
            "runs/quickstart --to datasets",
            "runs/quickstart --mixture best --to trl --output mixture.yaml",
            """runs/quickstart --mixture '{"pandas": 2, "scipy": 1}' --to csv --total_tokens 1000000 --max_epochs 4""",
        ),
        takes_recipe=False,
    ),
    Command(
        "compare",
        "Compare ranked runs: how agreement and loss depend on slices, sizes, tokens or the seed.",
        ".comparison.arguments:CompareArguments",
        ".comparison.command",
        (
            "runs/halves runs/quarters runs/eighths --by slices",
            "runs/paper runs/paper/pools/1.1b --output_dir figures --output_format csv",
        ),
        takes_recipe=False,
    ),
    Command(
        "predict",
        "Predict the losses of any mixtures in a table, with their standard deviations.",
        ".prediction.arguments:PredictArguments",
        ".prediction.predict",
        (
            "runs/quickstart --mixtures candidates.csv --output_format csv",
            "runs/x --mixtures candidates.csv --scale 1B --output_format csv",
        ),
        takes_recipe=False,
    ),
    Command(
        "push",
        "Push a study to the Hub: models, corpus, results, with cards; private unless --public.",
        ".hub.arguments:PushArguments",
        ".hub.push",
        (
            "runs/quickstart --repo_prefix ORG/NAME --dry_run",
            "runs/quickstart --repo_prefix ORG/NAME --what components scores",
        ),
    ),
    Command(
        "pull",
        "Pull a pool from the Hub into a run folder, at a pinned revision, every digest checked.",
        ".hub.arguments:PullArguments",
        ".hub.pull",
        ("ORG/NAME-pool runs/x", "ORG/NAME-component-sympy@REVISION runs/x", "ORG/NAME-pool runs/x --what components"),
    ),
    Command(
        "convert",
        "Turn a checkpoint of the paper's seeds, in any of its forms, into a folder that transformers loads.",
        ".modeling.arguments:ConvertArguments",
        ".modeling.convert",
        (
            "claran/seed-pretrain-130m models/seed-130m",
            "ep0-ba20000-rank0.pt models/seed-300m --size 300m --tokenizer models/seed-130m",
        ),
        takes_recipe=False,  # its --config is a shape
    ),
    Command(
        "validate",
        "Check a study's recipes without running anything.",
        ".study.run:RunArguments",
        ".study.validate",
        ("quickstart",),
    ),
    Command(
        "env",
        "Print the versions that a bug report needs.",
        ".environment:EnvArguments",
        ".environment",
        ("--output_format json",),
    ),
)


def find_command(name: str) -> Command:
    """The command of that name; `InputError` with the nearest name if there is none."""
    for command in COMMANDS:
        if command.name == name:
            return command
    raise unknown_name("command", name, [command.name for command in COMMANDS])
