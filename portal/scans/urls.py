from django.urls import path

from . import views

app_name = "scans"
urlpatterns = [
    path("<uuid:pk>/image/", views.image, name="image"),
    path("<uuid:pk>/preview/", views.preview, name="preview"),
    path("<uuid:pk>/thumbnail/", views.thumbnail, name="thumbnail"),
]
