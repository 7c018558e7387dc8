"""Who gets which answer where: GET, POST, PUT and DELETE of every route by name. test_access.py walks it; a new route needs its row."""

CAST = ["anonymous", "patient", "other_patient", "unverified", "practitioner", "assigned", "administrator"]
ANYONE = dict.fromkeys(CAST, 200)
SIGNED_IN = {**ANYONE, "anonymous": 302}
OWNER = {
    "anonymous": 302,
    "patient": 200,
    "other_patient": 404,
    "unverified": 404,
    "practitioner": 404,
    "assigned": 404,
    "administrator": 200,
}
REVEALED = {**OWNER, "assigned": 200}
ADMINISTRATOR = {**dict.fromkeys(CAST, 403), "anonymous": 302, "administrator": 200}
API_ADMINISTRATOR = {**ADMINISTRATOR, "anonymous": 401}
API_SIGNED_IN = {**ANYONE, "anonymous": 401}
API_OWNER = {**OWNER, "anonymous": 401}
NOBODY = {**dict.fromkeys(CAST, 404), "anonymous": 302}
API_NOBODY = {**NOBODY, "anonymous": 401}
API_REVEALED = {**REVEALED, "anonymous": 401}


# the to-do "patient told by whom, when" is that of `assigned`, and of administrators; not the patient's
API_NOTICE = {**API_REVEALED, "patient": 404}


def api(expected: dict[str, int]) -> dict[str, int]:
    return {**expected, "anonymous": 401}


# The analysis of `patient` is held by `assigned`, who has read it: the model's answer is revealed to them and to nobody else.
# GET of each route by name; {name} is filled with the things of `patient`.
GET: dict[str, dict[str, int]] = {
    "home": ANYONE,
    "healthz": ANYONE,
    "readyz": dict.fromkeys(CAST, 503),  # no worker has answered in a test; tests/portal/test_watch.py
    "metrics": dict.fromkeys(CAST, 404),  # nothing without the token, whoever asks
    "words": ANYONE,
    "accounts:profile": SIGNED_IN,
    "accounts:consent": SIGNED_IN,
    "accounts:dependants": SIGNED_IN,
    "accounts:access": SIGNED_IN,
    "records:index": SIGNED_IN,
    "records:looks": SIGNED_IN,
    "records:withdraw": SIGNED_IN,
    "records:close": SIGNED_IN,
    "figures:mine": {**dict.fromkeys(CAST, 403), "anonymous": 302, "practitioner": 200, "assigned": 200},
    "figures:everybody": ADMINISTRATOR,
    "figures:model": ADMINISTRATOR,
    "v1:my-figures": {**dict.fromkeys(CAST, 403), "anonymous": 401, "practitioner": 200, "assigned": 200},
    "v1:all-figures": API_ADMINISTRATOR,
    "v1:model-figures": API_ADMINISTRATOR,
    "accounts:document": {**dict.fromkeys(CAST, 404), "anonymous": 302, "unverified": 200, "administrator": 200},
    "scans:image": {**REVEALED},
    "scans:preview": {**REVEALED},
    "scans:thumbnail": {**REVEALED},
    "analyses:list": SIGNED_IN,
    "analyses:disease": SIGNED_IN,
    "analyses:detail": REVEALED,
    "analyses:status": {**REVEALED, "patient": 286, "assigned": 286, "administrator": 286},
    "analyses:heatmap": REVEALED,
    "analyses:models": SIGNED_IN,
    "analyses:model": SIGNED_IN,
    "analyses:operating_point": ADMINISTRATOR,
    "analyses:implied": ADMINISTRATOR,
    "reviews:list": {**dict.fromkeys(CAST, 403), "anonymous": 302, "unverified": 200, "practitioner": 200, "assigned": 200},
    # a row that another practitioner holds is seen (who reads what), its picture and answer are not; the patient is led to their page
    "reviews:detail": {**REVEALED, "patient": 302, "practitioner": 200},
    "reviews:notices": {**dict.fromkeys(CAST, 403), "anonymous": 302, "practitioner": 200, "assigned": 200, "administrator": 200},
    "reviews:templates": {**dict.fromkeys(CAST, 403), "anonymous": 302, "practitioner": 200, "assigned": 200},
    "reviews:flag": {**dict.fromkeys(CAST, 404), "anonymous": 302, "practitioner": 200, "assigned": 200},
    "questions:list": SIGNED_IN,
    "questions:ask": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302},  # to the question that is open
    "questions:thread": REVEALED,
    "notifications:list": SIGNED_IN,
    "notifications:settings": SIGNED_IN,
    "notifications:unsubscribe": ANYONE,  # whoever holds the signed link
    "v1:disease-list": API_SIGNED_IN,
    "v1:disease-detail": API_SIGNED_IN,
    "v1:model-version-list": API_SIGNED_IN,
    "v1:model-version-detail": API_SIGNED_IN,
    "v1:scan-list": API_SIGNED_IN,
    "v1:scan-detail": API_REVEALED,
    "v1:scan-image": API_REVEALED,
    "v1:scan-thumbnail": API_REVEALED,
    "v1:analysis-list": API_SIGNED_IN,
    "v1:analysis-detail": API_REVEALED,
    "v1:analysis-heatmap": API_REVEALED,
    "v1:upload-detail": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 200},  # one's own only
    "v1:review-list": API_SIGNED_IN,
    "v1:review-detail": {**API_REVEALED, "practitioner": 200},
    "v1:review-colleagues": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 403, "practitioner": 200, "assigned": 200}
    | {"administrator": 403},
    "v1:notice-list": API_SIGNED_IN,
    "v1:notice-detail": API_NOTICE,
    # a draft and a template are of `assigned`, and not even an administrator sees them
    "v1:review-draft": {**API_NOBODY, "assigned": 200},
    "v1:reading-template-list": API_SIGNED_IN,
    "v1:reading-template-detail": {**API_NOBODY, "assigned": 200},
    "v1:reading-form-list": API_SIGNED_IN,
    "v1:reading-form-detail": API_SIGNED_IN,
    "v1:saved-filter-list": API_SIGNED_IN,
    "v1:audit-event-list": API_ADMINISTRATOR,
    "v1:audit-event-detail": API_ADMINISTRATOR,
    "v1:service-target-list": API_SIGNED_IN,
    "v1:question-list": API_SIGNED_IN,
    "v1:question-detail": API_REVEALED,
    "v1:review-earlier-scans": {**API_REVEALED, "practitioner": 200},  # empty for them: tests/portal/test_compare.py
    "v1:notification-list": API_SIGNED_IN,
    "v1:notification-settings": API_SIGNED_IN,
    "v1:me": API_SIGNED_IN,
    "v1:dependant-list": API_SIGNED_IN,
    "v1:own-token-list": API_SIGNED_IN,
    "v1:session-list": API_SIGNED_IN,
    "v1:consent": API_SIGNED_IN,
    "v1:copy": API_SIGNED_IN,
    "v1:looks": API_SIGNED_IN,
    "v1:closing": API_SIGNED_IN,
    "v1:schema": ANYONE,
    "v1:docs": ANYONE,
    "api-not-found": dict.fromkeys(CAST, 404),
}
# Whoever sees the review gets as far as the service, which tells on the page what is not possible.
IN_THE_ROOM = {**NOBODY, "patient": 302, "practitioner": 302, "assigned": 302, "administrator": 302}
# POST without a body: 404 and 401 are the rule; what else comes shows that the rule let the person through to the service.
POST: dict[str, dict[str, int]] = {
    "accounts:language": dict.fromkeys(CAST, 302),  # each for themselves
    "accounts:make_token": dict.fromkeys(CAST, 302),  # to prove who one is: tests/security/test_tokens.py
    "accounts:end_everything": dict.fromkeys(CAST, 302),
    # not even an administrator ends somebody else's
    "accounts:end_token": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302},
    "accounts:end_session": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302},
    "records:copy": {**dict.fromkeys(CAST, 200), "anonymous": 302},
    "records:withdraw": dict.fromkeys(CAST, 302),
    "records:close": {**dict.fromkeys(CAST, 400), "anonymous": 302},
    "v1:closing": {**dict.fromkeys(CAST, 400), "anonymous": 401},
    "analyses:operating_point": {**ADMINISTRATOR, "administrator": 400},
    "analyses:reset_operating_point": {**ADMINISTRATOR, "administrator": 302},
    "v1:model-version-activate": API_ADMINISTRATOR,
    "v1:model-version-retire": API_ADMINISTRATOR,
    "accounts:add_document": dict.fromkeys(CAST, 302),
    "accounts:remove_dependant": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302},
    "v1:dependant-list": {**dict.fromkeys(CAST, 400), "anonymous": 401},
    "analyses:cancel": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302, "administrator": 302},
    "analyses:correct_side": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302},
    "v1:analysis-side": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 400, "assigned": 403, "administrator": 403},
    "reviews:claim": {**REVEALED, "patient": 302, "practitioner": 302, "assigned": 302, "administrator": 302},
    "reviews:flag": {**dict.fromkeys(CAST, 404), "anonymous": 302, "practitioner": 400, "assigned": 400},
    "reviews:save_filter": dict.fromkeys(CAST, 302),
    "reviews:remove_filter": {**dict.fromkeys(CAST, 404), "anonymous": 302, "practitioner": 302},
    "reviews:release": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 302,
        "patient": 302,
        "practitioner": 302,
        "assigned": 302,
        "administrator": 302,
    },
    "reviews:reading": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 302,
        "patient": 400,
        "practitioner": 400,
        "assigned": 400,
        "administrator": 400,
    },
    "reviews:sign": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 302,
        "patient": 400,
        "practitioner": 400,
        "assigned": 400,
        "administrator": 400,
    },
    "reviews:draft": {**NOBODY, "patient": 409, "practitioner": 409, "assigned": 200, "administrator": 409},
    "reviews:discard_draft": IN_THE_ROOM,
    "reviews:save_template": IN_THE_ROOM,
    "reviews:apply_template": IN_THE_ROOM,
    "reviews:change_template": {**NOBODY, "assigned": 302},
    "reviews:delete_template": {**NOBODY, "assigned": 302},
    "v1:reading-template-list": {**dict.fromkeys(CAST, 400), "anonymous": 401},
    "reviews:addendum": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 302,
        "patient": 302,
        "practitioner": 302,
        "assigned": 302,
        "administrator": 302,
    },
    "reviews:decline": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 302,
        "patient": 302,
        "practitioner": 302,
        "assigned": 302,
        "administrator": 302,
    },
    "reviews:refer": {**dict.fromkeys(CAST, 400), "anonymous": 302, "other_patient": 404, "unverified": 404},
    "reviews:amend": {**dict.fromkeys(CAST, 400), "anonymous": 302, "other_patient": 404, "unverified": 404},
    "reviews:told": {**dict.fromkeys(CAST, 404), "anonymous": 302, "assigned": 400, "administrator": 400},
    "v1:review-refer": {**dict.fromkeys(CAST, 400), "anonymous": 401, "other_patient": 404, "unverified": 404},
    "v1:review-amend": {**dict.fromkeys(CAST, 400), "anonymous": 401, "other_patient": 404, "unverified": 404},
    "v1:notice-told": {**API_NOTICE, "assigned": 400, "administrator": 400},
    "questions:close": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302, "assigned": 302, "administrator": 302},
    "notifications:read_all": dict.fromkeys(CAST, 302),
    "notifications:settings": {**dict.fromkeys(CAST, 302), **dict.fromkeys(("unverified", "practitioner", "assigned"), 400)},  # no hour
    "notifications:unsubscribe": ANYONE,
    "notifications:open": {**dict.fromkeys(CAST, 404), "anonymous": 302, "patient": 302},
    "v1:analysis-cancel": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 409, "assigned": 403, "administrator": 409},
    "v1:analysis-requeue": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 403, "assigned": 403, "administrator": 409},
    "v1:review-claim": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 403,
        "practitioner": 409,
        "assigned": 200,
        "administrator": 403,
    },
    "v1:review-flag": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 400,
        "practitioner": 400,
        "assigned": 400,
        "administrator": 400,
    },
    "v1:saved-filter-list": api(dict.fromkeys(CAST, 400)),
    "v1:review-release": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 403,
        "practitioner": 409,
        "assigned": 200,
        "administrator": 403,
    },
    "v1:review-reading": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 400,
        "practitioner": 400,
        "assigned": 400,
        "administrator": 400,
    },
    "v1:review-sign": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 400,
        "practitioner": 400,
        "assigned": 400,
        "administrator": 400,
    },
    "v1:review-addenda": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 400,
        "practitioner": 400,
        "assigned": 400,
        "administrator": 400,
    },
    "v1:review-decline": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 200,
        "practitioner": 409,
        "assigned": 409,
        "administrator": 409,
    },
    "v1:question-messages": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 400,
        "assigned": 400,
        "administrator": 400,
    },
    "v1:question-close": {
        **dict.fromkeys(CAST, 404),
        "anonymous": 401,
        "patient": 200,
        "assigned": 409,  # not before it is signed
        "administrator": 403,
    },
    "v1:notification-read": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 200},
    "v1:notification-read-all": API_SIGNED_IN,
    "v1:upload-list": {**dict.fromkeys(CAST, 412), "anonymous": 401},  # speaks tus only: tests/api/test_uploads.py
    "v1:token": dict.fromkeys(CAST, 400),
    "v1:tokens": {**dict.fromkeys(CAST, 405), "anonymous": 401},  # DELETE only: each person's own
    "v1:analysis-decline-review": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 200, "assigned": 409, "administrator": 409},
}
# PUT without a body, and DELETE.
PUT: dict[str, dict[str, int]] = {
    "v1:model-version-operating-point": {**API_ADMINISTRATOR, "administrator": 400},
    "v1:review-draft": {**API_NOBODY, "patient": 403, "practitioner": 409, "assigned": 200, "administrator": 403},
    "v1:service-target-detail": {**API_ADMINISTRATOR, "administrator": 400},
}
DELETE: dict[str, dict[str, int]] = {
    "v1:model-version-operating-point": API_ADMINISTRATOR,
    "v1:review-draft": {**API_NOBODY, "assigned": 204},
    "v1:reading-template-detail": {**API_NOBODY, "assigned": 204},
    "v1:saved-filter-detail": {**dict.fromkeys(CAST, 404), "anonymous": 401, "practitioner": 204},
    "v1:dependant-detail": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 204},
    "v1:own-token-detail": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 204},
    "v1:session-detail": {**dict.fromkeys(CAST, 404), "anonymous": 401, "patient": 204},
    "v1:consent": {**dict.fromkeys(CAST, 204), "anonymous": 401},
}
