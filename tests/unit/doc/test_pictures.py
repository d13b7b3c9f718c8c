"""The pictures in the documentation are what the program draws."""

import importlib.util
import pathlib

SCRIPT = pathlib.Path(__file__).parents[3] / "doc/source/_exts/picture.py"


def test_the_picture_of_a_rack_is_as_it_is_drawn():
    spec = importlib.util.spec_from_file_location("picture", SCRIPT)
    picture = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(picture)
    assert picture.drawn() == picture.FILE.read_text()
