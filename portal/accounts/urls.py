from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("consent/", views.consent, name="consent"),
    path("documents/", views.add_document, name="add_document"),
    path("documents/<int:pk>/", views.document, name="document"),
]
