"""What machines look for at the root of the site, in no language."""

from django.urls import path

from petitions.web import sitemaps

urlpatterns = [
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.site_map, name="sitemap"),
]
