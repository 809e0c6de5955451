"""As in the organizers' process, which has no public pages."""

urlpatterns: list[object] = []
