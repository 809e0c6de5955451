"""Words that organizers added to the lists in `content/words/`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.language import LanguageField


class BlockedWord(models.Model):
    language = LanguageField(_("language"))
    word = models.CharField(
        _("word"),
        max_length=60,
        help_text=_("As it is written; an asterisk at its end stands for any ending."),
    )

    class Meta:
        verbose_name = _("word to look at")
        verbose_name_plural = _("words to look at")
        ordering = ["language", "word"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "word"],
                name="blocked_word_once",
                violation_error_message=_("This word is in the list already."),
            )
        ]

    def __str__(self) -> str:
        return self.word
