"""Every failure of the Hub's client, bare or wrapped by another library, in one line that says what to do."""

import subprocess
import sys

import pytest
from huggingface_hub import constants, errors
from huggingface_hub.utils import hf_raise_for_status, httpx

from hf_ablate.errors import InputError
from hf_ablate.hub_errors import hub_error, hub_failures, hub_problem


MODEL = "https://huggingface.co/api/models/ada/m"
DATASET = "https://huggingface.co/api/datasets/ada/d"


def answered(status: int, url: str = MODEL, **headers: str) -> Exception:
    """The error that the client makes of an answer."""
    names = {"code": "X-Error-Code", "message": "X-Error-Message"}
    response = httpx.Response(
        status, headers={names[key]: value for key, value in headers.items()}, request=httpx.Request("GET", url)
    )
    with pytest.raises(errors.HfHubHTTPError) as raised:
        hf_raise_for_status(response)
    return raised.value


def raised_from(cause: Exception) -> Exception:
    """As transformers and datasets wrap."""
    error = OSError("we could not load it")
    error.__cause__ = cause
    return error


def raised_during(cause: Exception) -> Exception:
    """As fsspec wraps: a missing file, raised while the real error is handled."""
    error = FileNotFoundError("no such file")
    error.__context__ = cause
    return error


PROBLEMS = {
    "offline": (lambda: errors.OfflineModeIsEnabled("no"), "HF_HUB_OFFLINE is set, and this needs the Hub; unset it"),
    "gated": (
        lambda: answered(403, DATASET, code="GatedRepo"),
        "it is gated: accept its conditions on https://huggingface.co/datasets/ada/d, then log in",
    ),
    "disabled": (
        lambda: answered(403, message="Access to this resource is disabled."),
        "it has been disabled by its owner or by the Hub",
    ),
    "revision": (lambda: answered(404, code="RevisionNotFound"), "there is no such branch, tag or commit"),
    "repository": (
        lambda: answered(404, code="RepoNotFound"),
        "it does not exist on https://huggingface.co, or it is private and you may not see it; log in",
    ),
    "file": (lambda: answered(404, code="EntryNotFound"), "the repository has no such file"),
    "id": (lambda: errors.HFValidationError("bad"), "it is not a valid id on the Hub; expected ORG/NAME"),
    "token": (
        lambda: answered(401, "https://huggingface.co/api/whoami-v2"),
        "the Hub does not accept your token: it is wrong or expired; log in with `hf auth login`",
    ),
    "right": (lambda: answered(403, message="not yours"), "your token does not allow this (not yours)"),
    "conflict": (lambda: answered(412), "somebody else changed it at the same time"),
    "busy": (lambda: answered(503, message="full"), "the Hub answered with status 503 (full); try again later"),
    "refused": (lambda: answered(400, message="no"), "the Hub answered with status 400 (no)"),
    "network": (
        lambda: httpx.ConnectError("no route"),
        "cannot reach the Hub at https://huggingface.co (ConnectError: no route); check the network",
    ),
}


@pytest.mark.parametrize("wrap", [lambda error: error, raised_from, raised_during], ids=["bare", "from", "during"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_and_what_to_do_whatever_wraps_it(monkeypatch, name, wrap):
    monkeypatch.setattr(constants, "ENDPOINT", "https://huggingface.co")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    make, expected = PROBLEMS[name]
    problem = hub_problem(wrap(make()))
    assert problem.startswith(expected) and "\n" not in problem
    with pytest.raises(InputError, match="^fetching it: ") as raised, hub_failures("fetching it"):
        raise wrap(make())
    assert str(raised.value) == f"fetching it: {problem}"


def test_what_the_hub_did_not_cause_passes_unless_it_is_named():
    with pytest.raises(KeyError), hub_failures("loading it", OSError):
        raise KeyError("a defect")
    with (
        pytest.raises(InputError, match=r"^loading it: no such file \(OSError\)$"),
        hub_failures("loading it", OSError),
    ):
        raise OSError("no such file.\nMore.")
    with pytest.raises(InputError, match="^as it is$"), hub_failures("loading it", Exception):
        raise InputError("as it is")
    with pytest.raises(TypeError), hub_failures("loading it"):
        try:
            raise answered(404, code="RevisionNotFound")
        except errors.RevisionNotFoundError:
            raise TypeError("a defect in the handler")  # noqa: B904
    assert str(hub_error("it cannot be read", ImportError("Install s3fs"))) == (
        "it cannot be read: Install s3fs (ImportError)"
    )


def test_importing_it_does_not_import_the_client():
    code = "import sys, hf_ablate.hub_errors; sys.exit('huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
