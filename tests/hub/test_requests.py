"""How often push and pull ask the Hub for a model: what docs/scale.md multiplies by the number of models."""

from to_and_fro import pull

from benchmarks.scale import rates


MODEL = "ada/tiny-component-english"


def of_model(requests):
    """The requests for a file, and the others, that name a model."""
    paths = [path for _, path, _ in requests if f"{MODEL}/" in f"{path}/" or f"{MODEL}.git" in path]
    return len([path for path in paths if "/resolve/" in path]), len(
        [path for path in paths if "/resolve/" not in path]
    )


def test_a_push_asks_as_often_as_the_page_counts(pushed_state):
    repos, _, _, requests = pushed_state
    files, named = of_model(requests)
    for_each = [path for _, path, _ in requests if path.startswith(("/api/repos/create", "/api/validate-yaml"))]
    items = [path for _, path, _ in requests if path.startswith("/api/collections/") and path.endswith("/items")]
    assert files == 0
    assert named + round((len(for_each) + len(items)) / len(repos)) == rates.PUSH_REQUESTS.value


def test_a_pull_asks_as_often_as_the_page_counts(pushed, tmp_path):
    pushed.requests.clear()
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--what", "seed", "components") == 0
    assert of_model(pushed.requests) == (rates.PULL_FILES.value, rates.PULL_REQUESTS.value)
