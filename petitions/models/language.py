from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from petitions.facts import SPOKEN

if TYPE_CHECKING:
    Text = models.CharField[str, str]
else:
    # It takes no types at run time.
    Text = models.CharField


class LanguageField(Text):
    """One of the campaign's languages. For migrations it is one of all that the site speaks: else
    each campaign would need migrations of its own.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        usual: dict[str, Any] = {"max_length": 8, "choices": settings.LANGUAGES}
        super().__init__(*args, **usual | options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _path, arguments, options = super().deconstruct()
        options["choices"] = list(SPOKEN.items())
        return name, "django.db.models.CharField", list(arguments), options
