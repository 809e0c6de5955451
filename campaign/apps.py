from django.contrib.admin.apps import AdminConfig


class CampaignAdminConfig(AdminConfig):
    """Django's admin, with our site behind `django.contrib.admin.site`."""

    default_site = "campaign.admin.CampaignAdminSite"
