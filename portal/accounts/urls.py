from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("consent/", views.consent, name="consent"),
    path("language/", views.language, name="language"),
    path("children/", views.dependants, name="dependants"),
    path("children/<uuid:pk>/remove/", views.remove_dependant, name="remove_dependant"),
    path("documents/", views.add_document, name="add_document"),
    path("documents/<int:pk>/", views.document, name="document"),
]
