"""/api/v1/: one router; each app brings its views."""

from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.routers import DefaultRouter

from portal.accounts.access_api import AllTokensView, OwnTokenViewSet, SessionViewSet, TokenView
from portal.accounts.api import ConsentView, DependantViewSet, MeView
from portal.analyses.api import DiseaseViewSet, ModelVersionViewSet
from portal.audit.api import AuditEventViewSet
from portal.figures.api import AllFiguresView, ModelFiguresView, MyFiguresView
from portal.notifications.api import NotificationSettingsView, NotificationViewSet
from portal.questions.api import QuestionViewSet
from portal.records.api import ClosingView, CopyView, LooksView
from portal.reviews.api import (
    AnalysisWithOpinionViewSet,
    ReadingFormViewSet,
    ReadingTemplateViewSet,
    ReviewViewSet,
    SavedFilterViewSet,
    ServiceTargetViewSet,
)
from portal.reviews.case_api import NoticeViewSet
from portal.scans.api import ScanViewSet
from portal.scans.uploads_api import UploadViewSet

from .views import SchemaView

router = DefaultRouter(trailing_slash=True)
router.include_root_view = False
router.include_format_suffixes = False
router.register("diseases", DiseaseViewSet, basename="disease")
router.register("model-versions", ModelVersionViewSet, basename="model-version")
router.register("scans", ScanViewSet, basename="scan")
router.register("uploads", UploadViewSet, basename="upload")
router.register("analyses", AnalysisWithOpinionViewSet, basename="analysis")
router.register("reviews", ReviewViewSet, basename="review")
router.register("critical-notices", NoticeViewSet, basename="notice")
router.register("reading-forms", ReadingFormViewSet, basename="reading-form")
router.register("reading-templates", ReadingTemplateViewSet, basename="reading-template")
router.register("saved-filters", SavedFilterViewSet, basename="saved-filter")
router.register("service-targets", ServiceTargetViewSet, basename="service-target")
router.register("questions", QuestionViewSet, basename="question")
router.register("notifications", NotificationViewSet, basename="notification")
router.register("audit-events", AuditEventViewSet, basename="audit-event")
router.register("me/dependants", DependantViewSet, basename="dependant")
router.register("me/tokens", OwnTokenViewSet, basename="own-token")
router.register("me/sessions", SessionViewSet, basename="session")

urlpatterns = [
    path("", include(router.urls)),
    path("me/", MeView.as_view(), name="me"),
    path("me/notifications/", NotificationSettingsView.as_view(), name="notification-settings"),
    path("me/consent/", ConsentView.as_view(), name="consent"),
    path("me/copy/", CopyView.as_view(), name="copy"),
    path("me/looks/", LooksView.as_view(), name="looks"),
    path("me/closing/", ClosingView.as_view(), name="closing"),
    path("me/figures/", MyFiguresView.as_view(), name="my-figures"),
    path("figures/", AllFiguresView.as_view(), name="all-figures"),
    path("figures/models/<int:pk>/", ModelFiguresView.as_view(), name="model-figures"),
    path("token/", TokenView.as_view(), name="token"),
    path("token/all/", AllTokensView.as_view(), name="tokens"),
    path("schema/", SchemaView.as_view(permission_classes=[AllowAny]), name="schema"),
    path(
        "docs/", SpectacularSwaggerSplitView.as_view(url_name="v1:schema", permission_classes=[AllowAny], metadata_class=None), name="docs"
    ),
]
