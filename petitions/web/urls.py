from django.urls import path

from petitions.web import letters, offers, receipts, views

urlpatterns = [
    path("", views.home, name="home"),
    path("petitions/<slug:slug>/", views.petition, name="petition"),
    path("petitions/<slug:slug>/letters/", letters.letters, name="letters"),
    path("check-your-mail/", views.check_your_mail, name="check-your-mail"),
    path("confirm/<str:token>/", views.confirmation, name="confirm"),
    path("asks/", offers.sign_also, name="sign-also"),
    path("receipt/<str:token>/", receipts.receipt_page, name="receipt"),
    path("safety/", views.page, {"slug": "safety"}, name="safety"),
    path("privacy/", views.page, {"slug": "privacy"}, name="privacy"),
]
