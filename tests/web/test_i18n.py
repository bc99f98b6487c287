"""Every text of the pages in every language, and the browser that chooses among them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from sqlalchemy.orm import Session

from db.settings import settings
from labeller.people import invites
from tests.web.conftest import Client
from web.i18n import CATALOGUES, languages

ROOT = CATALOGUES.parents[1]
FOLDERS = ("web", "inference", "labeller", "trainer", "db")
"""As in the Makefile's `words`."""
PLACEHOLDER = re.compile(r"%(?:\(\w+\)\w|%)?|\{\w+\}")
IN_SCRIPT = re.compile(r'\b(?:_|ngettext)\(\s*"([^"]+)"')


def extracted() -> Catalog:
    with open(CATALOGUES / "mapping.cfg", encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog()
    for folder in FOLDERS:
        keywords = DEFAULT_KEYWORDS | {"N_": None}
        for file_name, _line, text, _comments, _context in extract_from_dir(
            ROOT / folder, methods, options, keywords
        ):
            catalogue.add(text, locations=[(f"{folder}/{file_name}", 0)])
    return catalogue


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


@pytest.fixture(params=[name for name in languages() if (CATALOGUES / f"{name}.po").exists()])
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    with open(CATALOGUES / f"{request.param}.po", "rb") as file:
        return read_po(file)


def is_translated(message: Message, catalogue: Catalog) -> bool:
    entry = catalogue.get(message.id)
    if entry is None or entry.fuzzy or entry.id != message.id:
        return False
    count = catalogue.num_plurals if message.pluralizable else 1
    return len(forms(entry.string)) == count and all(forms(entry.string))


def is_for_scripts(message: Message) -> bool:
    return any(file.endswith(".js") for file, _ in message.locations)


def test_every_text_is_translated(catalogue: Catalog) -> None:
    texts = list(messages(extracted()))
    missing = [text.id for text in texts if not is_translated(text, catalogue)]
    assert missing == [], "run `make words`, then translate"
    for text in filter(is_for_scripts, texts):
        assert is_for_scripts(catalogue[text.id]), f"run `make words`: the scripts do not get “{text.id}”"


def test_translations_keep_the_placeholders(catalogue: Catalog) -> None:
    for message in messages(catalogue):
        placeholders = {mark for form in forms(message.id) for mark in PLACEHOLDER.findall(form)}
        for form in forms(message.string):
            assert set(PLACEHOLDER.findall(form)) == placeholders, form


@pytest.mark.slow
def test_no_text_of_the_scripts_is_overlooked() -> None:
    """Babel parses JavaScript only roughly; a text that it misses would stay English unnoticed."""
    extracted_texts = {form for message in messages(extracted()) for form in forms(message.id)}
    for script in Path(CATALOGUES.parent / "static").rglob("*.js"):
        assert set(IN_SCRIPT.findall(script.read_text())) <= extracted_texts, script.name


@pytest.mark.parametrize(
    ("asked", "language", "words"),
    [
        ("de", "de", "Du brauchst einen Link"),
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Du brauchst einen Link"),
        ("en-GB,en;q=0.9", "en", "You need a link"),
        ("fi", "en", "You need a link"),
        (None, "en", "You need a link"),
    ],
)
def test_the_browser_chooses_the_language(
    client: Client, asked: str | None, language: str, words: str
) -> None:
    page = client().get("/hello", headers={"Accept-Language": asked} if asked else {}).text
    assert f'<html lang="{language}"' in page
    assert words in page


def test_a_german_page_carries_the_words_of_its_scripts(client: Client) -> None:
    page = client().get("/hello", headers={"Accept-Language": "de"}).text
    assert '"Copy": "Kopieren"' in page
    assert "Willkommen" not in page.partition('id="words">')[2].partition("</script>")[0], "only those"
    assert '"Copy"' not in client().get("/hello").text


def test_a_friend_agrees_in_their_own_language(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "90")
    settings.cache_clear()
    secret, _ = invites.create_invite(db, "friend")
    db.commit()
    page = client().get(f"/i/{secret}", headers={"Accept-Language": "de"}).text
    assert "Nach 90 Tagen werden sie von selbst gelöscht." in page
    assert "Meine Fotos dürfen behalten werden" in page
    assert "After 90 days they are deleted by themselves." in client().get(f"/i/{secret}").text
