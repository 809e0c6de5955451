from django.urls import path

from petitions.web import (
    feeds,
    letters,
    news,
    offers,
    office_page,
    press,
    proof,
    receipts,
    share_views,
    views,
)

urlpatterns = [
    path("", views.home, name="home"),
    path("picture.png", share_views.picture, name="home-picture"),
    path("petitions/<slug:slug>/", views.petition, name="petition"),
    path("petitions/<slug:slug>/letters/", letters.letters, name="letters"),
    path("petitions/<slug:slug>/letters.json", letters.letters_json, name="letters-json"),
    path("petitions/<slug:slug>/card/", share_views.card, name="card"),
    path("petitions/<slug:slug>/picture.png", share_views.picture, name="picture"),
    path("petitions/<slug:slug>/qr.svg", share_views.qr_code, name="qr-code"),
    path("petitions/<slug:slug>/mastodon/", share_views.mastodon, name="mastodon"),
    path("petitions/<slug:slug>/updates.atom", feeds.petition_updates, name="petition-updates"),
    path("updates.atom", feeds.all_updates, name="updates"),
    path("press/", press.press, name="press"),
    path("partners/", press.partners, name="partners"),
    path("proof/", proof.challenge, name="proof"),
    path("confirm/<str:token>/", views.confirmation, name="confirm"),
    path("asks/", offers.sign_also, name="sign-also"),
    path("receipt/<str:token>/", receipts.receipt_page, name="receipt"),
    path("receipt/<str:token>/not-me/", receipts.not_me_button, name="not-me"),
    path("institution/<str:token>/", office_page.office_page, name="office"),
    path("news/<str:token>/stop/", news.stop, name="stop-news"),
    path("safety/", views.page, {"slug": "safety"}, name="safety"),
    path("privacy/", views.page, {"slug": "privacy"}, name="privacy"),
]
