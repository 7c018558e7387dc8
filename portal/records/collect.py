"""What the portal holds about one person, as plain values. Nothing of anybody else but the names of those who acted."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Prefetch, QuerySet

from portal.accounts.models import Dependant, PractitionerDocument, PractitionerProfile, User
from portal.accounts.services import patient_profile
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.notifications.models import DigestTime, Notification, Preference
from portal.questions.models import Message, Question
from portal.reviews.models import Addendum, Opinion, ReadingTemplate, Referral, Review, SavedFilter
from portal.scans.models import Scan

from .models import Erasure

# Every model that belongs to a person, or hangs on a scan, is in one of these two: tests/portal/test_records.py sees to it. Whoever adds
# a model says here whether it is in the copy of all data, and if not, why.
COLLECTED = {
    *("accounts.patientprofile", "accounts.practitionerprofile", "accounts.practitionerdocument", "accounts.consent", "scans.scan"),
    *("analyses.analysis", "reviews.review", "reviews.opinion", "reviews.addendum", "notifications.notification", "audit.auditevent"),
    *("reviews.referral", "reviews.criticalnotice", "account.emailaddress", "records.erasure", "accounts.dependant"),
    *("questions.question", "questions.message", "notifications.preference", "notifications.digesttime"),
    *("reviews.readingtemplate", "reviews.savedfilter"),
}
LEFT_OUT = {
    "scans.upload": "a picture on its way: within hours it is a scan, or thrown away",
    "questions.seen": "how far somebody has read",
    "reviews.draft": "what a practitioner has not said yet",
    "reviews.urgencyflag": "how a practitioner ordered their work: who looked, and when, is told from the audit",
    "account.emailconfirmation": "a key that opens something",
    "mfa.authenticator": "a key that opens something",
    "knox.authtoken": "a key that opens something",
    "accounts.apitoken": "a key that opens something",
    "usersessions.usersession": "where one is signed in now: shown on the page of sign-ins, and gone when it ends",
    "accounts.user_groups": "the portal has no groups",
    "accounts.user_user_permissions": "the portal gives no permissions by name",
    "admin.logentry": "what an administrator did in the administration; their name stays with it",
    "analyses.idempotencykey": "a client's own name for an upload, kept against sending it twice",
    "analyses.modelversion": "who set an operating point: about a model, not about a person",
}
BATCH = 50
FACTS = ("id", "scan_id", "disease", "symptoms", "wants_review", "status", "queued_at", "started_at", "finished_at", "error_code")
ANSWER = ("finding", "outcome", "probability", "probabilities", "threshold", "uncertain_low", "uncertain_high", "checksum", "error_message")


def analyses_of(user: User) -> QuerySet[Analysis]:
    """With all that a report shows. Of opinions only what was signed: what somebody thought at first is theirs."""
    final = Prefetch("review__opinions", Opinion.objects.filter(stage=Opinion.Stage.FINAL))
    related = Analysis.objects.select_related("scan", "model_version", "review__practitioner__practitioner_profile")
    found = related.prefetch_related(final, "review__addenda__author", "review__notices", "review__questions__messages__author")
    return found.filter(patient=user).order_by("queued_at", "pk")


def everything(user: User) -> dict[str, Any]:
    """The sections of data.json; those that can be long are iterators, so that they are never in memory as a whole."""
    practitioner = PractitionerProfile.objects.filter(user=user).first()
    return {
        "account": _account(user),
        "patient_profile": _values(patient_profile(user), "birth_date", "sex", "country"),
        "children": [
            _values(child, "id", "name", "birth_date", "sex", "relationship", "added_at", "removed_at")
            for child in Dependant.objects.filter(guardian=user)
        ],
        "practitioner_profile": practitioner and _practitioner(practitioner),
        "consents": [
            {"version": consent.text.version, "title": consent.text.title, **_values(consent, "language", "given_at", "withdrawn_at")}
            for consent in user.consents.select_related("text").order_by("given_at")
        ],
        "erasures": [_values(row, "kind", "asked_at", "due_at", "cancelled_at") for row in Erasure.objects.filter(user=user)],
        "scans": (_scan(scan) for scan in Scan.objects.filter(patient=user).order_by("uploaded_at", "pk").iterator(BATCH)),
        "analyses": (_analysis(analysis) for analysis in analyses_of(user).iterator(BATCH)),
        "opinions_you_wrote": (_written(opinion) for opinion in _opinions_by(user).iterator(BATCH)),
        "addenda_you_wrote": (_added(addendum) for addendum in _addenda_by(user).iterator(BATCH)),
        "referrals_you_wrote": (_values(one, "role", "speciality", "reason", "referred_at") for one in _referrals_by(user).iterator(BATCH)),
        "questions": [_question(one) for one in Question.objects.filter(patient=user).prefetch_related("messages__author")],
        "messages_you_wrote": (
            _values(one, "question_id", "text", "sent_at") for one in Message.objects.filter(author=user).iterator(BATCH)
        ),
        "templates_you_keep": [
            _values(one, "disease", "name", "said", "changed_at") for one in ReadingTemplate.objects.filter(practitioner=user)
        ],
        "views_you_saved": [_values(one, "name", "query", "created_at") for one in SavedFilter.objects.filter(user=user)],
        "where_you_are_told": [_values(one, "kind", "portal", "email") for one in Preference.objects.filter(user=user)],
        "when_your_day_begins": [_values(one, "hour", "time_zone") for one in DigestTime.objects.filter(user=user)],
        "notifications": (
            _values(one, "kind", "url", "created_at", "read_at", "emailed_at")
            for one in Notification.objects.visible_to(user).iterator(BATCH)
        ),
        "who_did_what_with_your_data": (
            _event(event, user) for event in AuditEvent.objects.visible_to(user).select_related("actor").iterator(BATCH)
        ),
    }


def documents_of(user: User) -> QuerySet[PractitionerDocument]:
    return PractitionerDocument.objects.filter(profile__user=user)


def image_name(scan: Scan) -> str:
    """Where the picture lies in the copy."""
    return f"images/{scan.pk}.{'jpg' if scan.format == Scan.Format.JPEG else 'png'}"


def heatmap_name(analysis: Analysis) -> str:
    return f"heatmaps/{analysis.pk}.png"


def report_name(analysis: Analysis) -> str:
    return f"reports/{analysis.pk}.html"


def document_name(document: PractitionerDocument) -> str:
    return f"documents/{document.pk}.{document.extension}"


def _values(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _account(user: User) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
    return {**_values(user, "email", "name", "role", "language", "date_joined", "last_login"), "addresses": list(addresses)}


def _practitioner(profile: PractitionerProfile) -> dict[str, Any]:
    documents = [{**_values(one, "title", "uploaded_at"), "file": document_name(one)} for one in profile.documents.all()]
    values = _values(profile, "registration_number", "speciality", "country", "verification", "verified_at")
    return {**values, "documents": documents}


def _scan(scan: Scan) -> dict[str, Any]:
    about = ("id", "dependant_id", "laterality", "format", "width", "height", "size", "sha256", "source_sha256", "synthetic", "uploaded_at")
    return {**_values(scan, *about), "file": image_name(scan)}


def _analysis(analysis: Analysis) -> dict[str, Any]:
    review = getattr(analysis, "review", None)
    return {
        **_values(analysis, *FACTS, *ANSWER),
        "model_version": analysis.model_version.version,
        "report_status": analysis.report_status,
        "heatmap": heatmap_name(analysis) if analysis.heatmap else None,
        "report": report_name(analysis),
        "second_opinion": review and _review(review),
    }


def _review(review: Review) -> dict[str, Any]:
    signed = review.signed_at is not None
    final = review.final if signed else None
    profile = getattr(review.practitioner, "practitioner_profile", None) if signed else None
    return {
        **_values(review, "id", "status", "opened_at", "due_at", "signed_at"),
        "practitioner": review.practitioner.name if signed and review.practitioner else None,
        "registration_number": profile and profile.registration_number,
        "opinion": final and _opinion(final),
        "earlier_versions": [_opinion(version) for version in review.versions[:-1]],
        "told_of_a_critical_finding": [
            _values(notice, "due_at", "told_at", "told_by", "how", "patient_read_at") for notice in review.notices.all() if signed
        ],
        "addenda": [{"author": one.author.name, **_values(one, "text", "added_at")} for one in review.addenda.all()],
    }


def _question(question: Question) -> dict[str, Any]:
    messages = [{"author": one.author.name, **_values(one, "text", "sent_at")} for one in question.messages.all()]
    return {**_values(question, "id", "review_id", "asked_at", "closed_at"), "messages": messages}


def _opinion(opinion: Opinion) -> dict[str, Any]:
    """All that an opinion says, whatever fields it has: the keys that lead to others' rows are left out."""
    keys = {"id", "review", "practitioner"}
    return {f.name: getattr(opinion, f.name) for f in opinion._meta.concrete_fields if f.name not in keys}


def _opinions_by(user: User) -> QuerySet[Opinion]:
    return Opinion.objects.filter(practitioner=user).select_related("review__analysis")


def _addenda_by(user: User) -> QuerySet[Addendum]:
    return Addendum.objects.filter(author=user).select_related("review__analysis")


def _referrals_by(user: User) -> QuerySet[Referral]:
    return Referral.objects.filter(referred_by=user)


def _written(opinion: Opinion) -> dict[str, Any]:
    """The practitioner's own words; whose scan it was is not theirs to take away."""
    return {"review": opinion.review_id, "disease": opinion.review.analysis.disease, **_opinion(opinion)}


def _added(addendum: Addendum) -> dict[str, Any]:
    return {"review": addendum.review_id, "disease": addendum.review.analysis.disease, **_values(addendum, "text", "added_at")}


def _event(event: AuditEvent, user: User) -> dict[str, Any]:
    """Another person's network address and the details of what they did are theirs."""
    is_own = event.actor_id == user.pk
    own = {"address": event.address, "detail": event.detail} if is_own else {}
    who = {"who": str(event.actor), "role": event.actor.role} if event.actor else {}
    return {**_values(event, "at", "action", "target_type", "target_id"), **who, **own}
