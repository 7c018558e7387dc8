from django.urls import path

from . import views

app_name = "records"
urlpatterns = [
    path("", views.index, name="index"),
    path("copy/", views.copy, name="copy"),
    path("looks/", views.looks, name="looks"),
    path("withdraw/", views.withdraw, name="withdraw"),
    path("close/", views.close, name="close"),
]
