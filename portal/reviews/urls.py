from django.urls import path

from . import views

app_name = "reviews"
urlpatterns = [
    path("", views.worklist, name="list"),
    path("saved/", views.save_filter, name="save_filter"),
    path("saved/<int:pk>/remove/", views.remove_filter, name="remove_filter"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/claim/", views.claim, name="claim"),
    path("<uuid:pk>/flag/", views.flag, name="flag"),
    path("<uuid:pk>/release/", views.release, name="release"),
    path("<uuid:pk>/reading/", views.reading, name="reading"),
    path("<uuid:pk>/sign/", views.sign, name="sign"),
    path("<uuid:pk>/addendum/", views.addendum, name="addendum"),
    path("<uuid:pk>/decline/", views.decline, name="decline"),
]
