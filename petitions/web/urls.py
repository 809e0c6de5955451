from django.urls import path

from petitions.web import proof, views

urlpatterns = [
    path("", views.home, name="home"),
    path("petitions/<slug:slug>/", views.petition, name="petition"),
    path("proof/", proof.challenge, name="proof"),
    path("confirm/<str:token>/", views.confirmation, name="confirm"),
    path("confirmed/", views.confirmed, name="confirmed"),
    path("withdraw/<str:token>/", views.withdrawal, name="withdraw"),
    path("safety/", views.page, {"slug": "safety"}, name="safety"),
    path("privacy/", views.page, {"slug": "privacy"}, name="privacy"),
]
