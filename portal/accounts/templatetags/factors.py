from typing import Any

from django import template
from django.conf import settings

from portal.accounts import factors

register = template.Library()


@register.simple_tag(takes_context=True)
def second_factor_is_missing(context: dict[str, Any]) -> bool:
    """Whether this person must set one up before anything else."""
    return factors.are_missing(context["request"].user)


@register.simple_tag
def second_factor_is_left_out() -> bool:
    """Whether this portal lets practitioners in without one, as only a developer's does."""
    return not settings.MFA_REQUIRED
