"""The cast: one of each kind of person, named as in the access rule, and the things they own."""

import functools
import importlib
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django import conf
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader
from django.test import Client, override_settings
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient
from xdist.scheduler import LoadScopeScheduling

import samples
from inference.engine import Answer
from inference.explain import overlay
from inference.preprocess import Box
from portal.accounts.models import ConsentText, Role, User, Verification
from portal.accounts.services import give_consent, register, verify_practitioner
from portal.analyses import services as analyses
from portal.analyses import versions
from portal.analyses.models import Analysis, ModelVersion
from portal.audit import guard

PASSWORD = "correct horse battery"


def _group(nodeid: str) -> str:
    """What stays together on one worker of a parallel run: the files that share the deployed portal, those that share a trained model, each
    other file, and the tests that empty the database, which are called test_at_once_..."""
    if "::test_at_once_" in nodeid or nodeid.startswith("tests/e2e/test_worklist.py"):
        return "emptying"
    shared = [folder for folder in ("tests/e2e", "tests/training") if nodeid.startswith(f"{folder}/")]
    return shared[0] if shared else nodeid.partition("::")[0]


class Groups(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    return Groups(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First the deployed portal, which takes longest, and what trains; last what empties the database, since nothing can follow it."""
    for item in items:
        marked = item.get_closest_marker("django_db")
        if marked and marked.kwargs.get("transaction") and _group(item.nodeid) != "emptying":
            raise pytest.UsageError(f"{item.nodeid} empties the database: call it test_at_once_...")
    items.sort(key=lambda item: {"tests/e2e": 0, "tests/training": 1, "emptying": 3}.get(_group(item.nodeid), 2))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Between tests of transactions the tables are emptied, which the audit's own refuse: here that one lock is open, in the database of
    the tests only (tests/security/test_audit_append_only.py closes it again to try it)."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in guard.TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_is_not_emptied")


def settings_of_tests(folder: Path) -> dict[str, Any]:
    """Files in a folder of one's own, and passwords that are checked quickly."""
    return {
        "MEDIA_ROOT": folder / "media",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "MFA_REQUIRED": False,  # as on a developer's machine; tests/security/test_second_factor.py has what it is like where it is on
        "STORAGES": {**conf.settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
        "CELERY_BROKER_URL": conf.settings.REDIS_URL,
    }


@pytest.fixture(scope="session", autouse=True)
def _routes_as_deployed() -> None:
    """With DEBUG there is one route more, and routes are read once a process: before any test can set it."""
    importlib.import_module(conf.settings.ROOT_URLCONF)


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    for name, value in settings_of_tests(tmp_path).items():
        setattr(settings, name, value)
    cache.clear()


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """made_once(make): what make() returns, with rows and files that every test of the module finds as they were made.

    Around the module lies a transaction, in which each test has a savepoint of its own. Objects are those of the first test: read anew
    what a test may change. The files are in the folder that made_once.folder names.
    """
    folder = tmp_path_factory.mktemp("made")

    def within(make: Callable[[], Any]) -> Any:
        with django_db_blocker.unblock(), override_settings(**settings_of_tests(folder)):
            return make()

    within.folder = folder / "media"  # type: ignore[attr-defined]
    around = transaction.atomic()
    with django_db_blocker.unblock():
        around.__enter__()
    yield within
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


def analyze() -> None:
    """What a database in use does by itself: a planner that takes many rows for one may need minutes for a join of a few."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def person(email: str, role: str, **facts: Any) -> User:
    """A user with a verified address who agreed to the current text."""
    name = facts.pop("name", email.partition("@")[0].replace(".", " ").title())
    if role == Role.ADMINISTRATOR:
        user = User.objects.create_superuser(email, PASSWORD, name=name)
    else:
        user = register(user=User.objects.create_user(email, PASSWORD), name=name, role=role, country="India", **facts)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    text = ConsentText.current()
    assert text is not None
    give_consent(user=user, text=text)
    return user


@pytest.fixture
def as_migrated(transactional_db: None) -> None:
    """What our migrations put into the database, if an earlier test of transactions has emptied it. (Django's own serialized_rollback puts
    the content types in twice, since emptying makes them anew.)"""
    if ConsentText.objects.exists():
        return
    ours = {
        key: migration
        for key, migration in MigrationLoader(connection).disk_migrations.items()
        if apps.get_app_config(key[0]).name.startswith("portal.")
    }
    with connection.schema_editor() as editor:
        for _, migration in sorted(ours.items()):
            for step in migration.operations:
                if isinstance(step, RunPython):
                    step.code(apps, editor)


@pytest.fixture
def administrator(db: None) -> User:
    return person("ada@clinic.example", Role.ADMINISTRATOR)


@pytest.fixture
def patient(db: None) -> User:
    return person("meera@home.example", Role.PATIENT)


@pytest.fixture
def other_patient(db: None) -> User:
    return person("otto@home.example", Role.PATIENT)


@pytest.fixture
def unverified(db: None) -> User:
    return unverified_practitioner("uma@clinic.example")


@pytest.fixture
def practitioner(administrator: User) -> User:
    return verified("dr.rao@clinic.example", administrator)


@pytest.fixture
def other_practitioner(administrator: User) -> User:
    return verified("dr.osei@clinic.example", administrator)


def unverified_practitioner(email: str) -> User:
    return person(email, Role.PRACTITIONER, registration_number="U-1", speciality="Pathology")


def verified(email: str, administrator: User) -> User:
    user = person(email, Role.PRACTITIONER, registration_number="MCI 12345", speciality="Pathology")
    verify_practitioner(profile=user.practitioner_profile, by=administrator, verification=Verification.VERIFIED)
    return user


@pytest.fixture
def api() -> Callable[[User | None], APIClient]:
    """api(user): a client of the API, signed in as that user, or as nobody."""

    def client(user: User | None) -> APIClient:
        made = APIClient()
        if user is not None:
            made.force_authenticate(user, token=AuthToken(user=user, digest="of-a-test", created=timezone.now()))
        return made

    return client


@pytest.fixture
def browse() -> Callable[[User | None], Client]:
    """browse(user): a browser-like client of the pages."""

    def client(user: User | None) -> Client:
        made = Client()
        if user is not None:
            made.force_login(user)
            signed_in(made, user)
        return made

    return client


def signed_in(client: Client, user: User, seconds_ago: float = 0) -> None:
    """What allauth keeps of a sign-in by password, which force_login leaves out."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - seconds_ago, "email": user.email}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


@pytest.fixture
def malaria(db: None) -> ModelVersion:
    """The shipped malaria model, registered and active; the other diseases have none."""
    return malaria_in_use()


def malaria_in_use() -> ModelVersion:
    versions.sync(["malaria"])
    found = ModelVersion.objects.active("malaria")
    assert found is not None
    return found


@pytest.fixture
def all_six(db: None) -> None:
    """Every shipped model in use."""
    versions.sync()


@pytest.fixture
def cell() -> bytes:
    return samples.draw("malaria", "parasitized")


@functools.cache
def drawn_cell(seed: int, label: str = "parasitized") -> bytes:
    return samples.draw("malaria", label, seed)


def an_answer(version: ModelVersion, probability: float = 0.97) -> Answer:
    """What the engine would return; for tests of what happens after it."""
    import numpy as np

    positive = probability >= version.manifest["threshold"]
    low, high = version.manifest["uncertain"]
    outcome = "not_suspicious" if probability < low else "suspicious" if probability >= high else "uncertain"
    return Answer(
        disease=version.disease,
        model_version=version.version,
        finding="parasitized" if positive else "uninfected",
        outcome=outcome,
        probability=probability,
        probabilities={"uninfected": 1 - probability, "parasitized": probability},
        threshold=version.manifest["threshold"],
        checksum=version.checksum,
        heatmap=overlay(np.eye(8, dtype=np.float32), Box(0, 0, 1, 1), 130, 130),
        seconds={"total": 0.02},
    )


def kept(claimed: Analysis, answer: Answer) -> bool:
    """As the worker stores an answer: whether this row was still to be answered."""
    analyses.keep_heatmap(claimed, answer)
    return claimed.pk in analyses.record([(claimed, answer)])


@pytest.fixture
def answered(malaria: ModelVersion) -> Callable[..., Analysis]:
    """answered(patient, seed=0, probability=0.97, **submit): an analysis that is done, its review open."""
    return functools.partial(an_answered, malaria)


def an_answered(malaria: ModelVersion, owner: User, seed: int = 0, probability: float = 0.97, **asked: Any) -> Analysis:
    analysis = analyses.submit(patient=owner, data=drawn_cell(seed), disease="malaria", **asked).analysis
    [claimed] = analyses.claim(str(analysis.pk), worker="test")
    assert kept(claimed, an_answer(malaria, probability))
    return Analysis.objects.get(pk=analysis.pk)


def as_upload(data: bytes, name: str = "cell.png") -> io.BytesIO:
    """Bytes as a file that a test client uploads."""
    file = io.BytesIO(data)
    file.name = name
    return file
