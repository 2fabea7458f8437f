"""Errors and what they were raised from."""

import errno

import pytest

from hf_ablate.errors import causes, exit_code


@pytest.mark.parametrize("length", [1, 2, 3])
def test_causes_in_a_circle_end(capsys, length):
    errors = [TypeError(f"defect {number}") for number in range(length)]
    for error, cause in zip(errors, [*errors[1:], errors[0]], strict=True):
        error.__cause__ = cause
    assert list(causes(errors[0])) == errors

    def fail():
        raise errors[0]

    assert exit_code(fail) == 1
    assert "defect 0" in capsys.readouterr().err


def test_a_full_disk_is_recognised_through_a_wrapper(capsys):
    def fail():
        raise RuntimeError("a wrapper") from OSError(errno.ENOSPC, "full")

    assert exit_code(fail) == 1
    printed = capsys.readouterr().err
    assert "no space left on the disk" in printed and "Traceback" not in printed
