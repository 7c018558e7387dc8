from django.urls import path

from . import views

app_name = "analyses"
urlpatterns = [
    path("", views.history, name="list"),
    path("new/<slug:code>/", views.disease, name="disease"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/status/", views.status, name="status"),
    path("<uuid:pk>/heatmap/", views.heatmap, name="heatmap"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
]
