"""The database is lost in the moment of a commit: it was done, and nobody is told. What the rows name is still there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from portal.accounts.models import User
from portal.analyses import services as analyses
from portal.analyses.models import Analysis
from portal.analyses.signals import analyses_submitted
from portal.scans.models import Scan
from tests.conftest import an_answer, drawn_cell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_migrated")]


@pytest.fixture
def in_doubt(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Within it the outermost commit is done and then fails, as when PostgreSQL is stopped before it can answer."""

    @contextmanager
    def lost() -> Iterator[None]:
        real = BaseDatabaseWrapper._commit

        def commit(wrapper: Any) -> None:
            real(wrapper)
            raise OperationalError("server closed the connection unexpectedly")

        with monkeypatch.context() as patched:
            patched.setattr(BaseDatabaseWrapper, "_commit", commit)
            with pytest.raises(OperationalError):
                yield

    return lost


def test_at_once_an_upload_that_was_kept_keeps_its_files(patient: User, malaria: Any, in_doubt: Callable[..., Any]) -> None:
    with in_doubt():
        analyses.submit(patient=patient, data=drawn_cell(21), disease="malaria")
    scan = Scan.objects.get()
    assert scan.file.storage.exists(scan.file.name)
    assert scan.thumbnail.storage.exists(scan.thumbnail.name)
    again = analyses.submit(patient=patient, data=drawn_cell(21), disease="malaria")
    assert not again.created
    assert Scan.objects.count() == 1


def test_at_once_an_upload_that_is_refused_leaves_no_files(patient: User, malaria: Any, settings: Any) -> None:
    def refuses(**more: Any) -> None:
        raise OperationalError("the connection is lost before the commit")

    analyses_submitted.connect(refuses)
    try:
        with pytest.raises(OperationalError):
            analyses.submit(patient=patient, data=drawn_cell(22), disease="malaria")
    finally:
        analyses_submitted.disconnect(refuses)
    assert not Scan.objects.exists()
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*.png") if path.is_file()]


def test_at_once_an_answer_that_was_kept_keeps_its_heat_map(patient: User, malaria: Any, in_doubt: Callable[..., Any]) -> None:
    pk = analyses.submit(patient=patient, data=drawn_cell(23), disease="malaria").analysis.pk
    [claimed] = analyses.claim(str(pk), worker="test")
    answer = an_answer(malaria)
    analyses.keep_heatmap(claimed, answer)
    with in_doubt():
        analyses.record([(claimed, answer)])
    assert analyses.record([(claimed, answer)]) == set()  # tried anew: the row has gone on
    kept = Analysis.objects.get(pk=pk)
    assert (kept.status, kept.heatmap.storage.exists(kept.heatmap.name)) == ("done", True)


def test_at_once_a_heat_map_that_came_too_late_goes(patient: User, malaria: Any) -> None:
    pk = analyses.submit(patient=patient, data=drawn_cell(24), disease="malaria").analysis.pk
    [claimed] = analyses.claim(str(pk), worker="test")
    answer = an_answer(malaria)
    analyses.keep_heatmap(claimed, answer)
    Analysis.objects.filter(pk=pk).update(attempt=2)  # somebody else has it by now
    assert analyses.record([(claimed, answer)]) == set()
    assert not claimed.heatmap.storage.exists(claimed.heatmap.name)
