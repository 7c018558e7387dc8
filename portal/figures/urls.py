from django.urls import path

from . import views

app_name = "figures"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("all/", views.everybody, name="everybody"),
    path("models/<slug:code>/<str:version>/", views.model, name="model"),
]
