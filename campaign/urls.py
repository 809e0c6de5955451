"""Which addresses answer depends on the role: the public web has no admin to attack."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []

if settings.ROLE.knows_public_addresses:
    urlpatterns += i18n_patterns(path("", include("petitions.web.urls")))
    urlpatterns += [path("", include("petitions.web.root_urls"))]

if settings.ROLE.hears_webhooks and settings.RETURNS_WEBHOOKS:
    from petitions.web.webhooks import addresses_of

    urlpatterns += [path("returns/", include(addresses_of(settings.RETURNS_WEBHOOKS)))]

if settings.ROLE.serves_admin:
    from django.contrib import admin

    urlpatterns += [path("admin/account/", include("campaign.sign_in.urls"))]
    urlpatterns += [path("admin/", admin.site.urls)]

if settings.MAILBOX_DIR:
    urlpatterns += [path("mailbox/", include("local.urls"))]

handler400 = "petitions.web.errors.bad_request"
handler403 = "petitions.web.errors.forbidden"
handler404 = "petitions.web.errors.not_found"
handler500 = "petitions.web.errors.server_error"
