"""Texts as they were typed, before they are saved: for the preview beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import QueryDict
from django.utils.text import capfirst


def typed_texts(form: QueryDict, *, with_field: str) -> Iterator[tuple[str, str]]:
    """Of each text that has this field: the prefix of its fields' names, and its language."""
    for name in form:
        found = re.fullmatch(rf"(texts-\d+)-{with_field}", name)
        if found is not None:
            language = form.get(f"{found[1]}-language", "")
            known = language in dict(settings.LANGUAGES)
            yield found[1], language if known else settings.LANGUAGE_CODE


def faults_of(text: Model, words: Collection[str]) -> list[tuple[str, list[str]]]:
    """What is wrong with which of these fields, in the words that saving would use."""
    fields = {field.name: field for field in text._meta.concrete_fields}  # noqa: SLF001 - documented
    try:
        text.clean_fields(exclude=fields.keys() - set(words))
    except ValidationError as error:
        labels = {name: capfirst(str(fields[name].verbose_name)) for name in words}
        return [(labels[name], faults) for name, faults in error.message_dict.items()]
    return []
