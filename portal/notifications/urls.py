from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("", views.index, name="list"),
    path("read/", views.read_all, name="read_all"),
    path("settings/", views.settings, name="settings"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("<int:pk>/", views.open_one, name="open"),
]
