from django.urls import path

from . import views

app_name = "analyses"
urlpatterns = [
    path("", views.history, name="list"),
    path("new/<slug:code>/", views.disease, name="disease"),
    path("models/", views.models, name="models"),
    path("models/<slug:code>/<str:version>/", views.model, name="model"),
    path("models/<slug:code>/<str:version>/operating-point/", views.operating_point, name="operating_point"),
    path("models/<slug:code>/<str:version>/operating-point/implied/", views.implied, name="implied"),
    path("models/<slug:code>/<str:version>/operating-point/reset/", views.reset_operating_point, name="reset_operating_point"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/status/", views.status, name="status"),
    path("<uuid:pk>/heatmap/", views.heatmap, name="heatmap"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("<uuid:pk>/side/", views.correct_side, name="correct_side"),
]
