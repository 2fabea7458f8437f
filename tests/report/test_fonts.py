import logging
import warnings

import pytest

from hf_ablate.report import fonts
from hf_ablate.report.drawing import Drawing, save
from hf_ablate.report.fonts import FONT, font_families
from hf_ablate.report.style import panels, style


OF_ANOTHER_FONT = "\u1d8e"  # matplotlib brings it in STIXGeneral alone


def titled(title: str, **looks: str) -> Drawing:
    figure, (axes,) = panels(1, 1, 4, 2)
    axes.set_title(title, **looks)
    return Drawing(figure, [{"value": 1}], "A caption.")


def test_letters_that_no_font_has_are_named_once(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(fonts, "_MORE", ())
    with warnings.catch_warnings(record=True) as others, caplog.at_level(logging.WARNING):
        with style():
            for number, title in enumerate(["中文 and 文字", "中"]):
                save(titled(title), tmp_path, str(number))
    assert not others
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith("no font has 中字文, which figures show as boxes; install one such as Noto Sans CJK")


def test_letters_that_another_font_has_are_drawn_with_it(tmp_path, caplog, monkeypatch):
    def drawn() -> str:
        with style():
            return save(titled(OF_ANOTHER_FONT, weight="normal"), tmp_path, "figure")

    monkeypatch.setattr(fonts, "_MORE", ("No Such Font",))
    with caplog.at_level(logging.WARNING):
        box = drawn()
        assert font_families() == [FONT] and caplog.messages
        caplog.clear()
        monkeypatch.setattr(fonts, "_MORE", ("No Such Font", "STIXGeneral"))
        letter = drawn()
        assert font_families() == [FONT, "STIXGeneral"] and not caplog.messages
    assert letter != box


@pytest.mark.parametrize("more", [(), ("STIXGeneral",)])
def test_what_is_there_changes_no_other_figure(tmp_path, monkeypatch, more):
    monkeypatch.setattr(fonts, "_MORE", more)
    with style():
        svg = save(titled("wiki and ½ μ"), tmp_path, "figure")
    files = {path.suffix: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(fonts, "_MORE", ())
    with style():
        assert save(titled("wiki and ½ μ"), tmp_path, "figure") == svg
    assert {path.suffix: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_other_warnings_stay():
    with pytest.warns(UserWarning, match="of something else"), style():
        warnings.warn("of something else", UserWarning, stacklevel=1)
