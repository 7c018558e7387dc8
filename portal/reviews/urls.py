from django.urls import path

from . import case_views, form_views, views

app_name = "reviews"
urlpatterns = [
    path("", views.worklist, name="list"),
    path("notices/", case_views.notices, name="notices"),
    path("notices/<uuid:pk>/told/", case_views.told, name="told"),
    path("templates/", form_views.templates, name="templates"),
    path("templates/<int:pk>/", form_views.change_template, name="change_template"),
    path("templates/<int:pk>/delete/", form_views.delete_template, name="delete_template"),
    path("<uuid:pk>/drafts/<slug:stage>/", form_views.draft, name="draft"),
    path("<uuid:pk>/drafts/<slug:stage>/discard/", form_views.discard_draft, name="discard_draft"),
    path("<uuid:pk>/drafts/<slug:stage>/template/", form_views.save_template, name="save_template"),
    path("<uuid:pk>/drafts/<slug:stage>/fill/", form_views.apply_template, name="apply_template"),
    path("saved/", views.save_filter, name="save_filter"),
    path("saved/<int:pk>/remove/", views.remove_filter, name="remove_filter"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/claim/", views.claim, name="claim"),
    path("<uuid:pk>/flag/", views.flag, name="flag"),
    path("<uuid:pk>/release/", views.release, name="release"),
    path("<uuid:pk>/reading/", views.reading, name="reading"),
    path("<uuid:pk>/sign/", views.sign, name="sign"),
    path("<uuid:pk>/addendum/", views.addendum, name="addendum"),
    path("<uuid:pk>/refer/", case_views.refer, name="refer"),
    path("<uuid:pk>/amend/", case_views.amend, name="amend"),
    path("<uuid:pk>/decline/", views.decline, name="decline"),
]
