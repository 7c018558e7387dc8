"""The body map: a figure from the front and from the back, drawn here. Its regions are the sites of structured_fields.py."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.reviews.structured_fields import FIELDS, SITE

register = template.Library()

SITES = {choice.code: choice.words for fields in FIELDS.values() for field in fields if field.kind == SITE for choice in field.choices}
AXIS = (  # from the head down: front, back, outline
    ("face", "scalp", "M70 3 C82 3 87 14 85 25 C83 37 77 41 70 41 C63 41 57 37 55 25 C53 14 58 3 70 3 Z"),
    ("neck", "neck", "M62 40 Q70 45 78 40 L79 49 Q70 54 61 49 Z"),
    ("chest", "upper", "M44 55 Q56 50 61 50 Q70 55 79 50 Q84 50 96 55 L93 94 H47 Z"),
    ("abdomen", "lower", "M47 96 H93 Q90 110 93 124 H47 Q50 110 47 96 Z"),
    ("groin", "buttocks", "M47 126 H93 L96 144 Q84 142 72 149 H68 Q56 142 44 144 Z"),
)
LIMBS = {  # those on the left of the drawing; the others are their mirror image
    "upper_arm": "M42 56 Q32 58 30 69 L24 98 L36 101 L45 72 Z",
    "forearm": "M23 100 L35 103 L28 136 L16 133 Z",
    "hand": "M15 135 L28 138 L28 152 Q22 164 13 158 Q8 150 15 135 Z",
    "thigh": "M44 146 Q56 144 68 151 L66 200 H49 Z",
    "lower_leg": "M49 202 H66 L63 246 H52 Z",
    "foot": "M52 248 H63 L64 258 Q62 266 50 266 Q42 264 47 257 Z",
}


@register.simple_tag
def body(view: str, chosen: str = "") -> SafeString:
    """One figure. It is seen and clicked; the words, and the keyboard, are those of the list beside it."""
    on_the_left, on_the_right = ("right", "left") if view == "front" else ("left", "right")
    axis = format_html_join("", "{}", ((_region(f"{view}_{names[view == 'back']}", shape, chosen),) for *names, shape in AXIS))
    left, right = (
        format_html_join("", "{}", ((_region(f"{view}_{side}_{part}", shape, chosen),) for part, shape in LIMBS.items()))
        for side in (on_the_left, on_the_right)
    )
    return format_html(
        '<svg class="figure" viewBox="4 0 132 270" aria-hidden="true">{}{}<g transform="translate(140 0) scale(-1 1)">{}</g></svg>',
        axis,
        left,
        right,
    )


def _region(site: str, shape: str, chosen: str) -> SafeString:
    mark = " chosen" if site == chosen else ""
    return format_html('<path class="region{}" data-site="{}" d="{}"><title>{}</title></path>', mark, site, shape, SITES[site])
