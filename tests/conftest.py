"""Every test runs offline, with caches of its own."""

import os
import shutil
import tempfile

import pytest


# They hold no doctests, and as modules all of them would be called `conftest`.
collect_ignore_glob = ["*/conftest.py"]
# Before any import of the Hugging Face libraries: they read these when imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="hf-ablate-tests-")
os.environ["TQDM_DISABLE"] = "1"
os.environ["COLUMNS"] = "100"  # tables are as wide as the terminal, and tests may have one
os.environ.setdefault("OMP_NUM_THREADS", "1")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory):
    """The folder of a finished tiny study: `documents`, `recipes`, and its run folder `run`; only to be read."""
    from tiny_study import write_study

    from hf_ablate.cli import main

    folder = tmp_path_factory.mktemp("finished")
    assert main(["run", str(write_study(folder))]) == 0
    return folder


@pytest.fixture
def blank_figures(monkeypatch):
    """Reports made in the test have figures with their numbers and without a picture; tests/report draws them."""
    from hf_ablate.manifest import write_text
    from hf_ablate.records import csv_text
    from hf_ablate.report import drawing

    def save(figure, folder, name: str) -> str:
        write_text(folder / f"{name}.csv", csv_text(figure.rows))
        for ending in ("png", "pdf"):
            write_text(folder / f"{name}.{ending}", "")
        return "<svg></svg>"

    monkeypatch.setattr(drawing, "save", save)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium. It lives for a module only: while Playwright is open, nothing else can use asyncio."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        missing = f"there is no Chromium, tried {', '.join(CHROMIUM)}; on Debian: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with sync_playwright() as playwright:
        with playwright.chromium.launch(executable_path=found) as browser:
            yield browser


@pytest.fixture(scope="session")
def ranked_study(tmp_path_factory):
    """The run folder of a ranked study of made-up scores, whose training logged no evaluations; only to be read."""
    from ranked_folders import ranked

    return ranked(tmp_path_factory.mktemp("ranked"), proxies=("merged", "ensemble"))


@pytest.fixture(scope="session")
def reported_study(tmp_path_factory, ranked_study):
    """The same with evaluations on some domains and with its report, the only one that is drawn: it takes long."""
    from ranked_folders import evaluated
    from synthetic_study import DOMAINS

    from hf_ablate.report import write
    from hf_ablate.report.arguments import ReportArguments

    folder = evaluated(tmp_path_factory.mktemp("report") / "run", ranked_study, DOMAINS[3:6])
    (folder / "report" / "figures").mkdir(parents=True)
    for ending in ("png", "pdf", "csv"):
        (folder / "report" / "figures" / f"of_an_earlier_ranking.{ending}").touch()
    write.run(ReportArguments(run_dir=folder, title="A <study> & its title"))
    return folder
