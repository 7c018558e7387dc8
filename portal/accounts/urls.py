from django.urls import path

from . import access_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("consent/", views.consent, name="consent"),
    path("language/", views.language, name="language"),
    path("children/", views.dependants, name="dependants"),
    path("children/<uuid:pk>/remove/", views.remove_dependant, name="remove_dependant"),
    path("sign-ins/", access_views.access, name="access"),
    path("sign-ins/end/", access_views.end_everything, name="end_everything"),
    path("sign-ins/tokens/", access_views.make_token, name="make_token"),
    path("sign-ins/tokens/<uuid:pk>/end/", access_views.end_token, name="end_token"),
    path("sign-ins/browsers/<int:pk>/end/", access_views.end_session, name="end_session"),
    path("documents/", views.add_document, name="add_document"),
    path("documents/<int:pk>/", views.document, name="document"),
]
