from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class CampaignAdminConfig(AdminConfig):
    """Django's admin, with our site behind `django.contrib.admin.site`."""

    default_site = "campaign.admin.CampaignAdminSite"


class CampaignStaticFilesConfig(StaticFilesConfig):
    """Collects all but django-countries' flags: five hundred files that no page shows."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "flags"]
