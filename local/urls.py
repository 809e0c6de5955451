from django.urls import path

from local import views

app_name = "local"
urlpatterns = [
    path("", views.mailbox, name="mailbox"),
    path("<str:key>/", views.message, name="message"),
    path("<str:key>/html/", views.html, name="html"),
    path("<str:key>/source/", views.source, name="source"),
    path("<str:key>/attachments/<int:number>/", views.attachment, name="attachment"),
]
