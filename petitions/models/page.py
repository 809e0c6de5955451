from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.language import LanguageField


class PageQuerySet(models.QuerySet["Page"]):
    def in_language(self, slug: str, language: str) -> Page:
        """The page in `language`, else in the campaign's first language.

        Raises:
            Page.DoesNotExist: there is no such page.
        """
        pages = {page.language: page for page in self.filter(slug=slug)}
        page = pages.get(language) or pages.get(settings.LANGUAGE_CODE)
        if page is None:
            raise Page.DoesNotExist(slug)
        return page


class Page(models.Model):
    """A page of the campaign that is not a petition: home, safety, privacy. `body` is Markdown."""

    slug = models.SlugField(_("address"))
    language = LanguageField(_("language"))
    title = models.CharField(_("title"), max_length=100)
    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = models.TextField(_("text"), help_text=_("Markdown."))

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["slug", "language"]
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="page_once_per_language")
        ]

    def __str__(self) -> str:
        return self.title
