"""What stands at the root of the site, in no language: what machines look for, and letters' links."""

from django.urls import path

from petitions.web import office_page, sitemaps

urlpatterns = [
    # Short, and right also when an office's language is corrected.
    path("institution/<str:token>/", office_page.letter_link, name="office-link"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.site_map, name="sitemap"),
]
