"""A router's text as one template, put together from the features' files when it is loaded.

Jinja makes a new context for every file that a template includes and for every template that is rendered: for a
site's router with its fifteen files that takes a third of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound

_INCLUDE = re.compile(r'^\{% include (".+?") %\}\n', re.MULTILINE)
_ROLE = '" ~ router.role ~ "'

Sections = Mapping[str, tuple[str, ...]]
"""By name of the section: the files of its features, in their order."""


class WholeTexts(BaseLoader):
    """Templates named `<kind>/<role>`: all sections of one kind of text for the routers of one role."""

    def __init__(self, folder: Path, kinds: Mapping[str, Sections]) -> None:
        self._folder = folder
        self._kinds = kinds

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        kind, _, role = template.partition("/")
        if kind not in self._kinds or not role:
            raise TemplateNotFound(template)
        parts = (self._section(name, files, role) for name, files in self._kinds[kind].items())
        return "".join(parts), None, None

    def _section(self, name: str, files: tuple[str, ...], role: str) -> str:
        body = section(name, "".join(self._feature(file, role) for file in files))
        return f"{{% if router.helpers is not none %}}\n{body}{{% endif %}}\n" if name == "units" else body

    def _feature(self, file: str, role: str) -> str:
        text = (self._folder / file).read_text(encoding="utf-8")
        return _INCLUDE.sub(lambda found: self._feature(_named(found[1], role), role), text)


def _named(expression: str, role: str) -> str:
    """The file that an include names: a string, in which the role may stand."""
    return expression.replace(_ROLE, role).strip('"')


def section(name: str, body: str) -> str:
    """A section of a text. FRR ends its running configuration so."""
    end = "end\n" if name == "frr" else ""
    return f"#@ section {name}\n{body}{end}"
