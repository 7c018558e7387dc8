"""Templates of one's own: words and choices that a practitioner uses again. Each sees and changes only their own."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.analyses.models import DISEASE_CHOICES
from portal.audit.services import record

from . import drafts
from .errors import ReviewError
from .models import Draft, ReadingTemplate, Review

MOST = 200


def save(*, practitioner: Any, name: str, disease: str, said: Mapping[str, Any]) -> ReadingTemplate:
    """Keep a template; `disease` empty is for all of them, and then without finding and details. Raises ReviewError."""
    _require_practitioner(practitioner)
    if disease and disease not in dict(DISEASE_CHOICES):
        raise ReviewError("unknown_choice", _("'{code}' is not a disease of the catalogue.").format(code=disease))
    if ReadingTemplate.objects.filter(practitioner=practitioner).count() >= MOST:
        raise ReviewError("too_many_templates", _("You have {most} templates. Delete one that you do not need.").format(most=MOST))
    template = ReadingTemplate(practitioner=practitioner, disease=disease, name=_name(name), said=_kept(disease, said))
    return _write(template, "template.added")


def change(*, template: ReadingTemplate, name: str | None = None, said: Mapping[str, Any] | None = None) -> ReadingTemplate:
    """Rename it, or let it say something else. Raises ReviewError."""
    if name is not None:
        template.name = _name(name)
    if said is not None:
        template.said = _kept(template.disease, said)
    return _write(template, "template.changed")


def remove(*, template: ReadingTemplate) -> None:
    with transaction.atomic():
        record("template.removed", template, actor=template.practitioner)
        template.delete()


def apply(*, template: ReadingTemplate, review: Review, stage: str, said: Mapping[str, Any]) -> Draft:
    """Fill the template into what is typed, as a draft: its choices win, its notes follow what is there. Raises ReviewError."""
    if template.disease not in ("", review.analysis.disease):
        raise ReviewError("other_disease", _("This template belongs to another disease."))
    notes = [said.get("notes") or "", template.said.get("notes") or ""]
    if notes[1] in notes[0]:
        notes.pop()
    details = {**(said.get("details") or {}), **template.said.get("details", {})}
    filled = {**said, **template.said, "notes": "\n".join(filter(None, notes)), "details": details}
    return drafts.save(review=review, practitioner=template.practitioner, stage=stage, said=filled)


def _write(template: ReadingTemplate, action: str) -> ReadingTemplate:
    try:
        with transaction.atomic():
            template.save()
            record(action, template, actor=template.practitioner)
    except IntegrityError as error:
        raise ReviewError("name_taken", _("You have a template of this name already. Choose another name, or delete that one.")) from error
    return template


def _require_practitioner(practitioner: Any) -> None:
    if not practitioner.is_verified_practitioner:
        raise ReviewError("not_verified", _("Only a verified practitioner has templates."))


def _name(name: str) -> str:
    if not name.strip():
        raise ReviewError("empty", _("Give the template a name."))
    return name.strip()[:60]


def _kept(disease: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The reason for a change of mind belongs to one case, so it is never part of a template."""
    kept = {name: value for name, value in drafts.typed(disease, said).items() if name != "change_reason"}
    if not kept:
        raise ReviewError("empty", _("There is nothing in it yet that a template could keep."))
    return kept
