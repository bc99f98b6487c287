"""Signs and colours of classes in drawn pictures are those of the pages."""

import re
from pathlib import Path

import web
from labeller.photos.class_signs import on_dark, on_light, outline

STATIC = Path(web.__file__).parent / "static"


def test_the_colours_are_those_of_the_style_sheet() -> None:
    light, dark = re.split(r"@media", (STATIC / "styles/colours.css").read_text())
    for theme, colour in ((light, on_light), (dark, on_dark)):
        named = dict(re.findall(r"--c(\d): (#[0-9a-f]{6});", theme))
        assert len(named) == 10
        assert {str(n): "#" + bytes(colour(n)).hex() for n in range(10)} == named
        assert colour(10) == colour(0)


def test_the_signs_are_those_of_the_pages() -> None:
    script = (STATIC / "lib/marks.js").read_text()
    cycle = re.findall(r'"(\w+)"', re.search(r"SHAPE_CYCLE = \[(.*)\]", script)[1])
    for number, name in enumerate([*cycle, cycle[0]]):
        corners = outline(number, (0, 0), 1)
        path = re.search(rf'{name}: "(.*)"', script)[1]
        assert bool(corners) == ("A" not in path), "a disc has no corners"
        straight = re.findall(r"[MLHV]", path)
        assert len(corners) in (0, len(straight)), name
