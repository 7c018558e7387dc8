"""What each action is in DICOM's and FHIR's words: event (PS3.15 A.5, the codes of DCM), kind (create, read, update, delete, execute), the
finer DICOM event where there is one, and the outcome. An action that is not here is application activity."""

from dataclasses import dataclass

DCM = "http://dicom.nema.org/resources/ontology/DCM"
NAMES = {
    "110100": "Application Activity",
    "110101": "Audit Log Used",
    "110103": "DICOM Instances Accessed",
    "110105": "DICOM Study Deleted",
    "110106": "Export",
    "110107": "Import",
    "110109": "Order Record",
    "110110": "Patient Record",
    "110111": "Procedure Record",
    "110112": "Query",
    "110113": "Security Alert",
    "110114": "User Authentication",
    "110122": "Login",
    "110123": "Logout",
    "110129": "Security Configuration",
    "110131": "Software Configuration",
    "110136": "Security Roles Changed",
    "110137": "User Security Attributes Changed",
}


@dataclass(frozen=True)
class Code:
    event: str
    kind: str
    finer: str = ""
    outcome: str = "0"  # success; "4" is a minor failure

    @property
    def name(self) -> str:
        return NAMES[self.event]


def _all(event: str, kind: str, actions: str, finer: str = "", outcome: str = "0") -> dict[str, Code]:
    return dict.fromkeys(actions.split(), Code(event, kind, finer, outcome))


UNKNOWN = Code("110100", "E")
CODES: dict[str, Code] = {
    # pictures
    **_all("110107", "C", "scan.stored upload.begun"),
    **_all("110103", "R", "scan.read scan.image_read scan.thumbnail_read analysis.heatmap_read"),
    **_all("110103", "U", "scan.side_named scan.side_corrected"),
    **_all("110103", "D", "upload.discarded"),
    # lists
    **_all("110112", "E", "scan.listed analysis.listed review.listed question.listed critical.listed admin.listed"),
    # analyses: what was asked for, and what the model did
    **_all("110109", "C", "analysis.submitted"),
    **_all("110109", "U", "analysis.cancelled analysis.requeued analysis.handed_over"),
    **_all("110111", "R", "analysis.read"),
    **_all("110111", "C", "analysis.done"),
    **_all("110111", "C", "analysis.rejected analysis.failed", outcome="4"),
    # readings
    **_all("110109", "C", "review.opened"),
    **_all(
        "110109", "U", "review.claimed review.released review.claim_expired review.declined review.referred review.flagged review.overdue"
    ),
    **_all("110109", "U", "review.second_reading_waived review.next_reading"),
    **_all("110111", "R", "review.opened_page review.draft_read critical.read"),
    **_all("110111", "C", "review.read review.signed review.addendum review.draft_begun critical.opened"),
    **_all("110111", "U", "review.amended review.settled critical.closed critical.patient_has_read"),
    **_all("110111", "D", "review.draft_discarded"),
    # the record of a person
    **_all("110110", "C", "question.asked question.written question.answered dependant.added practitioner.document_added"),
    **_all("110110", "R", "question.read practitioner.document_read admin.read admin.history_read"),
    **_all("110110", "U", "question.closed profile.changed notifications.chosen notifications.digest_time admin.changed"),
    **_all("110110", "C", "consent.given admin.added"),
    **_all("110110", "U", "consent.withdrawn record.erasure_asked record.erasure_cancelled"),
    **_all("110110", "U", "account.closing_asked account.closing_cancelled"),
    **_all("110110", "D", "dependant.removed account.closed admin.deleted"),
    **_all("110105", "D", "record.erased"),
    **_all("110106", "R", "record.copied"),
    # signing in, and what it takes
    **_all("110114", "E", "account.signed_in account.token_issued account.confirmed", "110122"),
    **_all("110114", "E", "account.sign_in_failed account.mfa_failed", "110122", "4"),
    **_all("110114", "E", "account.signed_out account.signed_out_everywhere account.session_ended account.token_ended", "110123"),
    **_all("110113", "E", "account.locked_out", "110122", "4"),
    **_all("110113", "U", "account.lock_lifted account.factors_removed", "110137"),
    **_all("110113", "C", "account.created account.mfa_added account.email_added", "110137"),
    **_all("110113", "U", "account.password_changed account.password_set account.password_reset account.password_reset_asked", "110137"),
    **_all("110113", "U", "account.email_changed account.email_confirmed account.mfa_reset", "110137"),
    **_all("110113", "D", "account.email_removed account.mfa_removed", "110137"),
    **_all("110113", "U", "practitioner.verification", "110136"),
    # turned away
    **_all("110113", "E", "access.refused", outcome="4"),
    # how the place works
    **_all("110100", "C", "model.registered template.added readingpolicy.set criticalrule.set consent_text.published", "110131"),
    **_all("110100", "U", "model.activated model.retired model.measured model.operating_point_set model.operating_point_reset", "110131"),
    **_all("110100", "U", "service_target.changed retention.set template.changed", "110131"),
    **_all("110100", "D", "template.removed readingpolicy.removed criticalrule.removed", "110131"),
    # the audit itself
    **_all("110101", "R", "audit.listed audit.read"),
    **_all("110106", "R", "audit.exported"),
}


def of(action: str) -> Code:
    return CODES.get(action, UNKNOWN)
