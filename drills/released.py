"""What people may hold: the migrations that main has had, in the order in which it got them. Each release appends its own.

Each line is a state that a database may be in: everything up to it. A migration that is named here is never renamed, taken away or made to
end in another state; `python -m drills --only migrations` begins at each line, `drills/lint.py` lets those in ACCEPTED pass and no others.
"""

RELEASED: tuple[tuple[str, ...], ...] = (
    (
        "accounts.0001_initial",
        "accounts.0002_first_consent_text",
        "analyses.0001_initial",
        "audit.0001_initial",
        "notifications.0001_initial",
        "reviews.0001_initial",
        "scans.0001_initial",
    ),
    ("analyses.0002_operating_point",),
    ("analyses.0003_in_bulk",),
    ("analyses.0004_that_wait",),
    ("notifications.0002_second_reading", "reviews.0002_second_reading"),
    ("scans.0002_uploads_in_pieces",),
    ("accounts.0003_children", "scans.0003_whose_picture"),
    ("reviews.0003_structured_reading", "reviews.0004_drafts_and_templates"),
    ("notifications.0003_overdue", "reviews.0005_worklist"),
    ("notifications.0004_preferences_questions_digest", "questions.0001_initial"),
    ("accounts.0004_withdrawn", "audit.0002_patient_index", "notifications.0005_kinds", "records.0001_initial"),
    ("accounts.0005_languages", "accounts.0006_consent_in_hindi"),
    ("reviews.0006_measurements", "scans.0004_laterality"),
    ("analyses.0005_error_in_any_language",),
    ("audit.0003_seals",),
    ("accounts.0007_api_tokens",),
    (
        "accounts.0008_document_checksum",
        "analyses.0006_heatmap_checksum",
        "notifications.0006_mails_to_be_sent",
        "scans.0005_checksums",
    ),
    (
        "accounts.0009_indexes_for_growth",
        "analyses.0007_indexes_for_growth",
        "audit.0004_indexes_for_growth",
        "figures.0001_counted",
        "notifications.0007_indexes_for_growth",
        "reviews.0007_indexes_for_growth",
        "scans.0006_indexes_for_growth",
    ),
    ("audit.0005_marks",),
)
# Migration: {code of the linter: why it passes all the same}.
_ONE_EACH = "a row for each person and text: few, and an index of them takes milliseconds"
_BESIDE = "in one transaction with the column that it is of; the drill says how long others waited"
ACCEPTED: dict[str, dict[str, str]] = {
    "accounts.0004_withdrawn": dict.fromkeys(("ADD_UNIQUE", "CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"), _ONE_EACH),
    "accounts.0009_indexes_for_growth": {"CREATE_INDEX": "a row for each person: few beside what they upload"},
    "analyses.0002_operating_point": dict.fromkeys(("CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"), "a row for each model version: a dozen"),
    "notifications.0006_mails_to_be_sent": dict.fromkeys(("CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"), _BESIDE),
    "reviews.0002_second_reading": {
        "ADD_UNIQUE": "takes the place of a stricter one of the same rows: nothing can break it",
        **dict.fromkeys(("CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"), _BESIDE),
    },
    "reviews.0003_structured_reading": {"ADD_UNIQUE": "of rules that administrators write: a handful"},
    "reviews.0005_worklist": dict.fromkeys(("CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"), _BESIDE),
    "scans.0003_whose_picture": dict.fromkeys(("CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"), _BESIDE),
}


def until(name: str) -> list[str]:
    """All that a database has whose newest migration is `name`, as main had it."""
    found: list[str] = []
    for state in RELEASED:
        found += state
        if name in state:
            return found
    raise LookupError(name)
