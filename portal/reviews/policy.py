"""How many read a case, when two of them agree, and whose opinion is the answer. Decided here and nowhere else.

A case goes from the first reading to the second and on to arbitration; each reader signs before the next one is asked, and none of them
sees what an earlier one said, but the arbiter. Two findings agree when the patient is told the same because of them: they are the same,
or grades on the same side of the catalogue's positive classes of which none has words of its own (retinopathy: none and mild, moderate
and severe; proliferative stands alone).
"""

from django.db.models import Q

from portal.analyses.models import Analysis

from .models import Opinion, ReadingPolicy, Review, Role

Mode = ReadingPolicy.Mode


def mode_of(review: Review) -> str:
    """The policy in force for this case, as urgent as it is now."""
    found = ReadingPolicy.objects.filter(Q(urgency=review.urgency) | Q(urgency__isnull=True), disease=review.analysis.disease)
    specific = sorted(found, key=lambda policy: policy.urgency is None)
    return specific[0].mode if specific else Mode.SINGLE


def agree(analysis: Analysis, one: str, other: str) -> bool:
    """Whether two findings say the same to the patient. Who can not tell agrees only with who can not tell either."""
    disease = analysis.catalogue
    if one == other:
        return True
    if Opinion.CAN_NOT_TELL in (one, other):
        return False
    same_side = (one in disease.positive) == (other in disease.positive)
    return same_side and disease.finding_steps.get(one) == disease.finding_steps.get(other)


def disagrees_with_the_model(analysis: Analysis, opinion: Opinion, independent: Opinion) -> bool:
    """Before or after the practitioner saw its answer: who was moved by the model is worth a second look too. A model that can not tell
    is not disagreed with."""
    if analysis.outcome == Analysis.Outcome.UNCERTAIN:
        return False
    return not all(agree(analysis, analysis.finding, said.finding) for said in (opinion, independent))


def next_role(review: Review, opinion: Opinion, independent: Opinion) -> Role | None:
    """Which reading has to follow the one that was just signed; None when the answer is settled."""
    if review.role == Role.FIRST:
        mode = mode_of(review)
        doubted = mode == Mode.DISCORDANT and disagrees_with_the_model(review.analysis, opinion, independent)
        return Role.SECOND if mode == Mode.DOUBLE or doubted else None
    if review.role == Role.SECOND:
        first = Opinion.objects.get(review=review, role=Role.FIRST, stage=Opinion.Stage.FINAL, version=1)
        return None if agree(review.analysis, first.finding, opinion.finding) else Role.ARBITER
    return None


def answer(review: Review) -> Opinion:
    """The signed reading that the patient is given: the arbiter's; of two that agree the graver, so that nobody is told less than either of
    them would have said; of two as grave the later one."""
    signed = {said.role: said for said in Opinion.objects.filter(review=review, stage=Opinion.Stage.FINAL, version=1)}
    if Role.ARBITER in signed:
        return signed[Role.ARBITER]
    advice, findings = Opinion.Recommendation.values, list(review.analysis.catalogue.classes)

    def gravity(said: Opinion) -> tuple[int, int, int, int]:
        return said.gravity, advice.index(said.recommendation), findings.index(said.finding) if said.finding in findings else -1, said.pk

    return max(signed.values(), key=gravity)
