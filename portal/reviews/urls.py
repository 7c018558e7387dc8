from django.urls import path

from . import case_views, views

app_name = "reviews"
urlpatterns = [
    path("", views.worklist, name="list"),
    path("notices/", case_views.notices, name="notices"),
    path("notices/<uuid:pk>/told/", case_views.told, name="told"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/claim/", views.claim, name="claim"),
    path("<uuid:pk>/release/", views.release, name="release"),
    path("<uuid:pk>/reading/", views.reading, name="reading"),
    path("<uuid:pk>/sign/", views.sign, name="sign"),
    path("<uuid:pk>/addendum/", views.addendum, name="addendum"),
    path("<uuid:pk>/refer/", case_views.refer, name="refer"),
    path("<uuid:pk>/amend/", case_views.amend, name="amend"),
    path("<uuid:pk>/decline/", views.decline, name="decline"),
]
