from django.urls import path

from . import views

app_name = "questions"
urlpatterns = [
    path("", views.index, name="list"),
    path("ask/<uuid:pk>/", views.ask, name="ask"),
    path("<uuid:pk>/", views.thread, name="thread"),
    path("<uuid:pk>/close/", views.close, name="close"),
]
