"""A mail domain to which letters go, and when it takes the next one."""

from __future__ import annotations

from django.db import models


class ReceivingDomain(models.Model):
    """All workers share its row; see delivery/pace.py. News has a row too, whatever its domains."""

    name = models.CharField(max_length=254, primary_key=True)
    next_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
