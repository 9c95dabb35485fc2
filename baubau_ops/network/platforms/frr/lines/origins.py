"""Which template line wrote each line of a configuration: exact, because the templates are rendered with marks.

A mark before every line of a template's own text names its file and line; the marks are read from the result and
removed. What remains is the same text as without marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from baubau_ops.network.model.router import Router
from baubau_ops.network.platforms.frr.render.text import TEMPLATES, render_router
from baubau_ops.network.platforms.lines import TemplateLine, Written

# Characters that no configuration contains: FRR, nft and tc accept neither.
_BEGIN, _END = "\x01", "\x02"
_MARK = re.compile(rf"{_BEGIN}([^{_BEGIN}{_END}]*):(\d+){_END}")


class Marks(Extension):
    """Puts a mark before every line of a template's text, and before every value that is inserted."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type == "data":
                yield Token(token.lineno, "data", _marked(stream.name or "", token.lineno, token.value))
                continue
            if token.type == "variable_begin":
                yield Token(token.lineno, "data", _mark(stream.name or "", token.lineno))
            yield token


def _mark(file: str, line: int) -> str:
    return f"{_BEGIN}{file}:{line}{_END}"


def _marked(file: str, line: int, text: str) -> str:
    pieces = text.splitlines(keepends=True)
    return "".join(f"{_mark(file, line + number)}{piece}" for number, piece in enumerate(pieces))


def written(router: Router) -> tuple[Written, ...]:
    """The lines of a router's configuration, each with the template line that wrote its first visible character.

    Section headers and the end of FRR's section come from no template. A value of several lines, such as a whole
    program, is attributed to the template line that inserts it.
    """
    marked = render_router(router, f"{__name__}.{Marks.__name__}").splitlines()
    found: list[Written] = []
    place: TemplateLine | None = None
    for line in marked:
        text = _MARK.sub("", line)
        own = _first(line)
        place = own or (None if text == "end" or text.startswith("#@ section ") else place)
        found.append(Written(text, place))
    return tuple(found)


def _first(marked: str) -> TemplateLine | None:
    place: TemplateLine | None = None
    end = 0
    for mark in _MARK.finditer(marked):
        if marked[end : mark.start()].strip():
            break  # the line has begun: later marks belong to parts of it
        place = TemplateLine(f"{TEMPLATES}/{mark[1]}", int(mark[2]))
        end = mark.end()
    return place
