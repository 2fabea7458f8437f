"""Errors and what they were raised from."""

import errno
import os

import pytest

from hf_ablate.errors import causes, exit_code, unknown_name


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


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EIO, errno.ENOTDIR])
def test_a_file_out_of_reach_is_named_in_one_line(capsys, number):
    def fail():
        raise RuntimeError("a wrapper") from OSError(number, os.strerror(number), "a/file")

    assert exit_code(fail) == 2
    printed = capsys.readouterr().err
    assert printed == f"hf-ablate: error: a/file cannot be read or written ({os.strerror(number)}); " \
        "check its path and permissions\n"  # fmt: skip


def test_a_full_disk_is_recognised_through_a_wrapper(capsys):
    def fail():
        raise RuntimeError("a wrapper") from OSError(errno.ENOSPC, "full")

    assert exit_code(fail) == 1
    printed = capsys.readouterr().err
    assert "no space left on the disk" in printed and "Traceback" not in printed


def test_of_many_names_a_message_has_the_nearest_and_some():
    message = str(unknown_name("unit", "unit_99x", [f"unit_{number}" for number in range(139)]))
    assert "did you mean 'unit_99'?" in message and message.endswith("unit_38, unit_39, … 99 more")
