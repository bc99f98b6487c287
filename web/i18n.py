"""The texts of the pages in each language, chosen by the browser's Accept-Language."""

import functools
import io
import json
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import Translations
from flask import Flask, g, has_request_context, request
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from db.counters import COUNTED

CATALOGUES = Path(__file__).parent / "translations"
SOURCE = "en"
"""The language of the texts in the code; it needs no catalogue."""


@functools.cache
def languages() -> tuple[str, ...]:
    return (SOURCE, *sorted(path.stem for path in CATALOGUES.glob("*.po")))


def language() -> str:
    """The available language that fits this request best."""
    if not has_request_context():
        return SOURCE
    if "language" not in g:
        g.language = request.accept_languages.best_match(languages(), SOURCE)
    chosen: str = g.language
    return chosen


def _(text: str, **values: object) -> str:
    """The text in this request's language; `%(name)s` in it stands for a value."""
    translated = str(_catalogue(language()).gettext(text))
    return translated % values if values else translated


def translate(text: str, accepted: str) -> str:
    """The text in the best of the languages that an Accept-Language header names, outside of a request."""
    chosen = parse_accept_header(accepted, LanguageAccept).best_match(languages(), SOURCE)
    return str(_catalogue(chosen).gettext(text))


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """The singular or plural text for the number `%(n)s`, in this request's language."""
    return _plural(singular, plural, n) % ({"n": n} | values)


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue(language()).gettext(text), _plural, newstyle=True
    )
    env.policies["ext.i18n.trimmed"] = True
    env.filters |= {"moment": moment, "day": day, "percent": percent, "decimal": decimal, "counted": counted}
    app.context_processor(lambda: {"language": _locale(), "script_texts": _script_texts})


def moment(at: Any, pattern: str = "d MMM, HH:mm") -> str:
    """A time (UTC) as this language writes it, by Unicode's pattern."""
    return f"{format_datetime(at, pattern, locale=_locale())} UTC"


def day(at: Any) -> str:
    """A day (of UTC) as this language writes it."""
    return str(format_date(at, _("d MMM yyyy"), locale=_locale()))


def percent(share: float, pattern: str = "0.0 %") -> str:
    return str(format_percent(share, pattern, locale=_locale()))


def decimal(number: float, digits: int = 1) -> str:
    return str(format_decimal(number, f"0.{'0' * digits}", locale=_locale()))


def counted(number: int) -> str:
    """A number that was counted up to COUNTED: "1,000+" for as many or more."""
    return f"{format_decimal(COUNTED, locale=_locale())}+" if number >= COUNTED else str(number)


def _plural(singular: str, plural: str, n: int) -> str:
    return str(_catalogue(language()).ngettext(singular, plural, n))


def _locale() -> Locale:
    return Locale.parse(language())


@functools.cache
def _catalogue(name: str) -> Translations:
    if name == SOURCE:
        return Translations()
    compiled = io.BytesIO()
    write_mo(compiled, _read(name))
    compiled.seek(0)
    return Translations(compiled)


def _script_texts() -> Markup:
    """The scripts' texts in this language, as JSON for a data script element."""
    return _script_texts_in(language())


@functools.cache
def _script_texts_in(name: str) -> Markup:
    messages = [] if name == SOURCE else [m for m in _read(name) if m.string and _is_in_script(m)]
    texts = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in messages}
    return Markup(json.dumps(texts).replace("<", "\\u003c"))  # noqa: S704 - JSON of our own catalogue


def _is_in_script(message: Any) -> bool:
    return any(file.endswith(".js") for file, _line in message.locations)


def _read(name: str) -> Any:
    with open(CATALOGUES / f"{name}.po", "rb") as file:
        return read_po(file)
