"""What became of every upload, read from the database and the folder of files."""

import time
from dataclasses import dataclass, field

from drills.portal import Portal

SETTLED = ("done", "rejected", "failed")
# What hangs on an analysis, each counted once: its done, rejected or failed in the audit, its review, its news to the patient.
FACTS = """
SELECT a.id::text AS id, a.status, a.wants_review, a.attempt, a.error_code,
  (SELECT count(*) FROM audit_auditevent e WHERE e.target_id = a.id::text
     AND e.action IN ('analysis.done', 'analysis.rejected', 'analysis.failed')) AS ends,
  (SELECT count(*) FROM reviews_review r WHERE r.analysis_id = a.id) AS reviews,
  (SELECT count(*) FROM notifications_notification n WHERE n.subject_id = a.id::text
     AND n.kind IN ('analysis_done', 'analysis_rejected', 'analysis_failed')) AS news,
  (SELECT count(*) FROM analyses_analysis b JOIN scans_scan s ON s.id = b.scan_id
     WHERE s.source_sha256 = (SELECT source_sha256 FROM scans_scan WHERE id = a.scan_id) AND s.patient_id = a.patient_id) AS alike
FROM analyses_analysis a
"""


@dataclass
class Count:
    """Of one drill. `caught`: tried more than once. Each list names the analyses, for who looks into it."""

    accepted: int = 0
    done: int = 0
    rejected: int = 0
    failed: int = 0
    caught: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    mails_missing: int = 0
    orphans: int = 0
    files: str = ""

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.stuck or self.mails_missing or self.files)


def count(portal: Portal, accepted: list[str], seconds: float = 240) -> Count:
    """Wait until nothing moves any more, at most so long, and count."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not portal.stack.rows("SELECT 1 FROM analyses_analysis WHERE status IN ('queued', 'running') LIMIT 1"):
            break
        portal.tend()
        time.sleep(0.25)
    rows = {row["id"]: row for row in portal.stack.rows(FACTS)}
    found = Count(accepted=len(set(accepted)))
    for pk, row in rows.items():
        if row["status"] not in SETTLED:
            found.stuck.append(pk)
            continue
        setattr(found, row["status"], getattr(found, row["status"]) + 1)
        found.caught += row["attempt"] > 1
        reviews = 1 if row["status"] == "done" and row["wants_review"] else 0
        if min(row["ends"] - 1, row["news"] - 1, row["reviews"] - reviews) < 0:
            found.lost.append(pk)
        if max(row["ends"] - 1, row["news"] - 1, row["reviews"] - reviews, row["alike"] - 1) > 0:
            found.duplicated.append(pk)
    found.lost += sorted(set(accepted) - set(rows))
    found.mails_missing = _mails(portal)
    _files(portal, found)
    return found


def _mails(portal: Portal) -> int:
    """Of those that should have gone out by mail, how many did not, when the portal has had time to send them again."""
    missing, deadline = 0, time.monotonic() + 30
    while time.monotonic() < deadline:
        [row] = portal.stack.rows("SELECT count(*) AS n FROM notifications_notification WHERE by_mail AND emailed_at IS NULL")
        missing = int(row["n"])
        if not missing:
            break
        time.sleep(0.5)
    return missing


def _files(portal: Portal, found: Count) -> None:
    """Orphans as the portal's own clean-up finds them; afterwards every file has to be there, whole, and somebody's."""
    cleaned = portal.manage("verify_storage", "--older-than", "0", "--delete-orphans")
    found.orphans = cleaned.stderr.count("deleted: ")
    checked = portal.manage("verify_storage", "--older-than", "0")
    if checked.returncode:
        found.files = (checked.stdout + checked.stderr).strip()[-600:]
