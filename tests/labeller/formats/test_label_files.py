"""Text, JSON, XML and YAML as strangers write them."""

import re
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest

from labeller.errors import BadDataset
from labeller.formats import json_stream, text, xml_file
from tests.labeller.formats.datasets import put

ENCODED = [
    ("utf-8", b""),
    ("utf-8", b"\xef\xbb\xbf"),
    ("utf-16-le", b"\xff\xfe"),
    ("utf-16-be", b"\xfe\xff"),
    ("utf-32-le", b"\xff\xfe\x00\x00"),
]


def message(path: Path) -> str:
    with pytest.raises(BadDataset) as raised:
        list(json_stream.items(path, "labels.json", "a.item"))
    return raised.value.message


@pytest.mark.parametrize(("encoding", "mark"), ENCODED)
def test_text_is_read_by_its_mark(tmp_path: Path, encoding: str, mark: bytes) -> None:
    path = put(tmp_path, "names", mark + "é\r\nb\r".encode(encoding))
    assert text.read_text(path, "names") == "é\nb\n"
    json = put(tmp_path, "a.json", mark + '{"a": ["é", 1]}'.encode(encoding))
    assert list(json_stream.items(json, "a.json", "a.item")) == ["é", 1]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"abc\xff", "is no UTF-8 (byte 3)"), (b"\xff\xfea", "is no UTF-8")],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(BadDataset) as raised:
        text.read_text(put(tmp_path, "x.txt", content), "x.txt")
    assert words in raised.value.message


def test_numbers_of_any_length_are_read(tmp_path: Path) -> None:
    path = put(tmp_path, "a.json", '{"a": [1' + "0" * 40 + ", 1e308, 1e999]}")
    assert list(json_stream.items(path, "a.json", "a.item")) == [10**40, Decimal("1e308"), Decimal("1e999")]


def test_the_place_of_an_error_is_named(tmp_path: Path) -> None:
    nan = put(tmp_path, "a.json", '{"b": [' + "1, " * 40_000 + '0],\n "a": [NaN, 2]}')
    place = nan.read_bytes().index(b"NaN")
    told = re.fullmatch(r"labels.json is no JSON near byte (\d+): NaN is no number in JSON.", message(nan))
    assert told
    assert abs(int(told[1]) - place) <= 1
    cut = put(tmp_path, "b.json", '{"a": [1, 2')
    assert message(cut) == "labels.json ends in the middle (byte 11)."
    assert message(put(tmp_path, "c.json", "")) == "labels.json is empty."


@pytest.mark.parametrize(
    "content",
    [
        '{"a": [01]}',
        '{"a": [1]} x',
        '{"a": [1,,2]}',
        '{"a": [-]}',
        b'{"a": ["\xff"]}',
        '{"a": ["\x00"]}',
        "\x00",
        "abc",
        "[" * 200,
        '{"a":["' + "]" * 500 + '"' + ",[" * 500,
        '{"a": [' + "9" * 5000 + "]}",
        '{"a": [1e' + "9" * 25 + "]}",
        '{"a": [' + " " * (json_stream.CHUNK - 10) + "1e" + "9" * 25 + "]}",
        '{"a": [' + " " * (json_stream.CHUNK - 2300) + "9" * 4500 + "]}",
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: str | bytes) -> None:
    assert message(put(tmp_path, "a.json", content)).startswith("labels.json ")


def test_endless_nesting_takes_no_memory(tmp_path: Path) -> None:
    path = put(tmp_path, "a.json", '{"a":' + "[" * 500_000)
    tracemalloc.start()
    assert "levels deep" in message(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_brackets_in_text_are_no_nesting(tmp_path: Path) -> None:
    path = put(tmp_path, "a.json", '{"a": [' + ",".join(['"[[{\\"[\\\\"'] * 30_000) + "]}")
    assert sum(1 for _ in json_stream.items(path, "a.json", "a.item")) == 30_000


@pytest.mark.parametrize(
    ("content", "kind", "keys"),
    [
        ('{"x": [{"y": 1}], "z": 2}', "object", {"x", "z"}),
        ('[{"y": {"q": 1}, "w": 2}, {"z": 3}]', "list", {"y", "w"}),
        ("[]", "list", set()),
        ("7", "number", set()),
    ],
)
def test_the_shape_of_a_file(tmp_path: Path, content: str, kind: str, keys: set[str]) -> None:
    assert json_stream.shape(put(tmp_path, "a", content), "a") == (kind, keys)


BOMB = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "DOCTYPE"),
        ("", "is empty"),
        ("<a><b>", "ends in the middle"),
        ("<a><b", "ends in the middle"),
        ("<a></b>", "is no XML (line 1, column 6)"),
        ("{}", "is no XML"),
        ("<?xml version='1.0' encoding='nothing'?><a/>", "encoding"),
        (b"<a>\xff</a>", "is no XML"),
        ("   ", "ends in the middle"),
    ],
)
def test_what_is_no_plain_xml_is_refused(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(BadDataset) as raised:
        xml_file.root(put(tmp_path, "a.xml", content), "a.xml")
    assert words in raised.value.message


def test_xml_is_read_in_utf16_too(tmp_path: Path) -> None:
    path = put(tmp_path, "a.xml", "<a>é</a>".encode("utf-16"))
    assert xml_file.root(path, "a.xml").text == "é"


def test_yaml_holds_plain_values_only(tmp_path: Path) -> None:
    assert text.read_yaml(put(tmp_path, "a.yaml", "names: {0: mask}"), "a.yaml") == {"names": {0: "mask"}}
    for content in ("!!python/object/apply:os.system [x]", "a: [", "[" * 600, "\t- x: :", "a: 9999-99-99"):
        with pytest.raises(BadDataset):
            text.read_yaml(put(tmp_path, "b.yaml", content), "b.yaml")
