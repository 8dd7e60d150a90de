"""A template environment that keeps one compiled copy of each page per language, so that a translated page costs what an English one does."""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes

from governance.web import i18n
from governance.web.markup_messages import Say, rewrite


class TranslatedTemplates(Environment):
    """Flask's environment. English templates are compiled as they are written; others have their texts replaced before."""

    language: str = i18n.SOURCE
    say: Say | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return rewrite(tree, self.say) if self.say else tree

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> Template:
        """The template in the language of the request, or of the page that includes it."""
        wanted = self.language if self.say else i18n.language()
        if wanted == self.language:
            return super().get_template(name, parent, globals)
        return self.in_language(wanted).get_template(name, parent, globals)

    def in_language(self, language: str) -> "TranslatedTemplates":
        """The environment of another language; filters and globals are the same objects."""
        known: dict[str, TranslatedTemplates] = self.__dict__.setdefault("_languages", {})
        if language not in known:
            known[language] = self.saying(language, i18n.catalogue(language).say)
        return known[language]

    def saying(self, language: str, say: Say) -> "TranslatedTemplates":
        """An environment that lets `say` translate."""
        other = self.overlay()
        assert isinstance(other, TranslatedTemplates)
        other.language, other.say = language, say
        return other
