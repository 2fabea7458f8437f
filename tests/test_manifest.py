"""Manifests and atomic files: nothing half-written is ever seen under its final name."""

import json
import os

import pytest

from hf_ablate import manifest
from hf_ablate.errors import InputError


def test_fingerprint_depends_on_arguments_and_inputs_alone(tmp_path):
    written = manifest.write_manifest(tmp_path, "rank", {"a": 1}, {"x": "d"}, count=3)
    assert manifest.read_manifest(tmp_path) == written
    assert manifest.is_finished(tmp_path, manifest.fingerprint("rank", {"a": 1}, {"x": "d"}))
    assert not manifest.is_finished(tmp_path, manifest.fingerprint("rank", {"a": 2}, {"x": "d"}))
    assert not manifest.is_finished(tmp_path, manifest.fingerprint("rank", {"a": 1}, {"x": "e"}))


def test_unfinished_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="not finished"):
        manifest.read_manifest(tmp_path / "corpus")


def test_a_manifest_without_a_key_is_named_in_one_line(tmp_path):
    manifest.write_manifest(tmp_path, "convert", {}, {}, tokenizer={"vocab_size": 3})
    made = manifest.read_manifest(tmp_path)
    assert made.get("mixture") is None and made["tokenizer"]["vocab_size"] == 3
    for read in (lambda: made["mixture"], lambda: made["tokenizer"]["digest"]):
        with pytest.raises(InputError, match=r"manifest.json does not record '(mixture|digest)': .*hf-ablate adopt"):
            read()


@pytest.mark.parametrize("text", ['{"command": "tr', "[]", "\xff"])
def test_a_truncated_manifest_is_named(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="manifest.json is damaged .*; delete the folder, and make it again"):
        manifest.read_manifest(tmp_path)


def test_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "file.json"
    manifest.write_json(path, {"old": True})
    with pytest.raises(OSError), manifest.atomic_path(path) as temporary:
        temporary.write_text("half of the n")
        raise OSError(28, "No space left on device")
    assert json.loads(path.read_text()) == {"old": True}
    assert os.listdir(tmp_path) == ["file.json"]


def test_nan_is_no_json(tmp_path):
    with pytest.raises(ValueError):
        manifest.write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert os.listdir(tmp_path) == []


def test_digest_of_files_sees_names_and_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"3")
    first = manifest.digest_files([tmp_path / "a", tmp_path / "b"])
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"23")
    assert manifest.digest_files([tmp_path / "a", tmp_path / "b"]) != first


def test_a_manifest_is_read_once_and_again_when_it_is_written_or_edited(tmp_path, monkeypatch):
    manifest.write_manifest(tmp_path, "rank", {}, {}, digest="a")
    first = manifest.read_manifest(tmp_path)
    assert manifest.read_manifest(tmp_path) is first and first["digest"] == "a"

    manifest.write_manifest(tmp_path, "rank", {}, {}, digest="b")  # as long as before
    assert manifest.read_manifest(tmp_path)["digest"] == "b"
    path = tmp_path / manifest.MANIFEST
    os.utime(path, (0, 0))
    path.write_text(path.read_text().replace('"b"', '"c"'))
    assert manifest.read_manifest(tmp_path)["digest"] == "c"
    path.unlink()
    with pytest.raises(InputError, match="is not finished"):
        manifest.read_manifest(tmp_path)
