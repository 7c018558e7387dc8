"""What a practitioner can say about a picture beyond its finding: for each disease the fields, their codes, words and rules, as data.

Names follow the field: chest terms and lung zones those of the Fleischner Society's glossary (Bankier 2024), skin the ABCDE rule with the
axes and the six colours of dermoscopy, eyes the signs by which ICDR grades (Wilkinson 2003), malaria the stages and species of the WHO's
bench aids. `plain` are the words for patients where the term is not theirs. A value that `fits` only some findings is refused with
another one; with "the picture can not tell" everything may be said, since it describes what was seen.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.scans.models import Scan

ONE, MANY, NUMBER, SITE = "one", "many", "number", "site"
ANY_FINDING = "can_not_tell"


class DetailsRefused(ValueError):
    """`code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Choice:
    code: str
    words: str
    plain: str = ""
    fits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One question. `fits` counts for every value of it; a number that is 0 says that nothing is there, so it fits the opposite."""

    code: str
    words: str
    kind: str
    choices: tuple[Choice, ...] = ()
    plain: str = ""
    fits: tuple[str, ...] = ()
    maximum: int = 0
    whole: bool = True
    unit: str = ""
    of_sides: tuple[tuple[str, str], ...] = ()  # the choice that goes with the side of which the scan is said to be

    def choice(self, code: Any) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)

    def said(self, value: Any, plain: bool = False) -> str:
        """A kept value in words."""
        if self.kind == NUMBER:
            return f"{value:g} {self.unit}".strip()
        found = [(code, self.choice(code)) for code in (value if self.kind == MANY else [value])]
        return ", ".join((plain and choice.plain) or choice.words if choice else str(code) for code, choice in found)


_UNSURE = Choice("can_not_tell", "Can not tell")
_SIDE = (Choice("right", "Right"), Choice("left", "Left"), Choice("both", "Both"))
_ZONES = tuple(
    Choice(f"{side}_{zone}", f"{side.capitalize()} {zone} zone", f"{zone} part of the {side} lung".replace("mid ", "middle "))
    for zone in ("upper", "mid", "lower")
    for side in ("right", "left")
)
# What a film shows besides the question: it goes with every finding, a normal one too.
_ALSO = Field(
    "also_seen",
    "Also seen",
    MANY,
    (
        Choice("pleural_effusion", "Pleural effusion", "fluid around the lung"),
        Choice("pneumothorax", "Pneumothorax", "air around the lung"),
        Choice("mass", "Nodule or mass", "a round shadow that needs a closer look"),
        Choice("enlarged_heart", "Enlarged heart", "a heart that looks large"),
        Choice("fracture", "Fracture", "a broken bone"),
    ),
)


def _sites() -> tuple[Choice, ...]:
    """Regions of the body map: the codes begin with front or back."""
    axis = {
        "front": {"face": "face", "neck": "front of the neck", "chest": "chest", "abdomen": "belly", "groin": "groin"},
        "back": {
            "scalp": "back of the head",
            "neck": "back of the neck",
            "upper": "upper back",
            "lower": "lower back",
            "buttocks": "buttocks",
        },
    }
    limbs = {
        "upper_arm": ("front of the {} upper arm", "back of the {} upper arm"),
        "forearm": ("inside of the {} forearm", "outside of the {} forearm"),
        "hand": ("{} palm", "back of the {} hand"),
        "thigh": ("front of the {} thigh", "back of the {} thigh"),
        "lower_leg": ("{} shin", "{} calf"),
        "foot": ("top of the {} foot", "sole of the {} foot"),
    }
    found = []
    for index, view in enumerate(("front", "back")):
        found += [Choice(f"{view}_{code}", words.capitalize()) for code, words in axis[view].items()]
        for part, words in limbs.items():
            found += [Choice(f"{view}_{side}_{part}", words[index].format(side).capitalize()) for side in ("right", "left")]
    return tuple(found)


_TB, _PNEUMONIA, _ANY_PNEUMONIA = ("tuberculosis",), ("pneumonia",), ("covid19", "other_pneumonia")
_MORE_THAN_DOTS = ("grade_2", "grade_3", "grade_4")
_PARASITE = ("parasitized",)

FIELDS: dict[str, tuple[Field, ...]] = {
    "tuberculosis": (
        Field("location", "Location", MANY, _ZONES, plain="Where", fits=_TB),
        Field(
            "pattern",
            "Pattern",
            MANY,
            (
                Choice("consolidation", "Consolidation", "a filled, white area"),
                Choice("cavity", "Cavity", "a hollow space"),
                Choice("nodular", "Nodular pattern", "small round shadows"),
                Choice("miliary", "Miliary pattern", "many tiny dots"),
                Choice("lymphadenopathy", "Lymphadenopathy", "swollen glands"),
                Choice("fibrosis", "Fibrotic scarring", "scars"),
                Choice("calcified", "Calcified granuloma", "a small chalky scar"),
            ),
            plain="What is seen",
            fits=_TB,
        ),
        Field(
            "activity",
            "Activity",
            ONE,
            (
                Choice("active", "Looks active", "it looks active"),
                Choice("healed", "Looks healed", "it looks healed"),
                Choice("can_not_tell", "Can not tell from one film", "one film can not tell"),
            ),
            plain="Active or healed",
            fits=_TB,
        ),
        _ALSO,
    ),
    "pneumonia": (
        Field(
            "pattern",
            "Pattern",
            MANY,
            (
                Choice("lobar", "Lobar consolidation", "one filled, white area"),
                Choice("patchy", "Patchy consolidation", "several white patches"),
                Choice("ground_glass", "Ground-glass opacity", "a hazy veil"),
                Choice("reticular", "Reticular pattern", "a net of fine lines"),
            ),
            plain="What is seen",
            fits=_PNEUMONIA,
        ),
        Field("side", "Side", ONE, _SIDE, plain="Which lung", fits=_PNEUMONIA),
        Field("location", "Location", MANY, _ZONES, plain="Where", fits=_PNEUMONIA),
        _ALSO,
    ),
    "covid19": (
        Field(
            "pattern",
            "Pattern",
            MANY,
            (
                Choice("ground_glass", "Ground-glass opacity", "a hazy veil"),
                Choice("consolidation", "Consolidation", "a filled, white area"),
                Choice("reticular", "Reticular pattern", "a net of fine lines"),
            ),
            plain="What is seen",
            fits=_ANY_PNEUMONIA,
        ),
        Field("side", "Side", ONE, _SIDE, plain="Which lung", fits=_ANY_PNEUMONIA),
        Field(
            "distribution",
            "Distribution",
            ONE,
            (
                Choice("peripheral", "Peripheral", "near the edge of the lungs"),
                Choice("perihilar", "Perihilar", "near the middle of the chest"),
                Choice("diffuse", "Diffuse", "all over the lungs"),
            ),
            plain="How it is spread",
            fits=_ANY_PNEUMONIA,
        ),
        _ALSO,
    ),
    "skin_cancer": (
        Field(
            "asymmetry",
            "A  Asymmetry",
            ONE,
            (
                Choice("none", "Symmetric", "even on both sides"),
                Choice("one_axis", "About one axis", "uneven in one direction"),
                Choice("two_axes", "About both axes", "uneven in both directions"),
            ),
            plain="Shape",
        ),
        Field(
            "border",
            "B  Border",
            ONE,
            (
                Choice("regular", "Regular"),
                Choice("irregular_part", "Irregular in part", "irregular in places"),
                Choice("irregular_all", "Irregular all round"),
            ),
            plain="Edge",
        ),
        Field(
            "colours",
            "C  Colours",
            MANY,
            (
                Choice("white", "White"),
                Choice("red", "Red"),
                Choice("light_brown", "Light brown"),
                Choice("dark_brown", "Dark brown"),
                Choice("blue_grey", "Blue-grey"),
                Choice("black", "Black"),
            ),
            plain="Colours",
        ),
        Field("diameter_mm", "D  Diameter, mm", NUMBER, plain="Size", maximum=300, whole=False, unit="mm"),
        Field(
            "evolving",
            "E  Evolving",
            ONE,
            (
                Choice("no", "No change known"),
                Choice("yes", "Changes", "it changes"),
                Choice("not_known", "Not known", "not known"),
            ),
            plain="Change",
        ),
        Field("site", "Site on the body", SITE, _sites(), plain="Where"),
    ),
    "diabetic_retinopathy": (
        Field(
            "eye",
            "Eye",
            ONE,
            (*_SIDE[:2], _UNSURE),
            plain="Which eye",
            of_sides=((Scan.Laterality.RIGHT, "right"), (Scan.Laterality.LEFT, "left")),
        ),
        Field(
            "signs",
            "Signs",
            MANY,
            (
                Choice("microaneurysms", "Microaneurysms", "tiny bulges of vessels", fits=("grade_1", *_MORE_THAN_DOTS)),
                Choice("haemorrhages", "Haemorrhages", "small bleedings", fits=_MORE_THAN_DOTS),
                Choice("hard_exudates", "Hard exudates", "deposits that leaked from vessels", fits=_MORE_THAN_DOTS),
                Choice("cotton_wool", "Cotton-wool spots", "spots that get too little blood", fits=_MORE_THAN_DOTS),
                Choice("venous_beading", "Venous beading", "veins of uneven width", fits=_MORE_THAN_DOTS),
                Choice("irma", "IRMA", "twisted small vessels", fits=_MORE_THAN_DOTS),
                Choice("neovascularisation", "Neovascularisation", "new vessels that can bleed", fits=("grade_4",)),
                Choice("vitreous_haemorrhage", "Vitreous or preretinal haemorrhage", "bleeding in front of the retina", fits=("grade_4",)),
            ),
            plain="What is seen",
        ),
        Field(
            "oedema",
            "Macular oedema",
            ONE,
            (
                Choice("absent", "Absent", "none seen"),
                Choice("present", "Present, centre not involved", "present, away from the centre of sight", ("grade_1", *_MORE_THAN_DOTS)),
                Choice("centre_involving", "Centre-involving", "present in the centre of sight", ("grade_1", *_MORE_THAN_DOTS)),
                Choice("can_not_tell", "Can not tell from one photograph", "one photograph can not tell"),
            ),
            plain="Swelling in the centre of the retina",
        ),
    ),
    "malaria": (
        Field(
            "stage",
            "Stage",
            MANY,
            (
                Choice("ring", "Ring"),
                Choice("trophozoite", "Trophozoite"),
                Choice("schizont", "Schizont"),
                Choice("gametocyte", "Gametocyte"),
            ),
            plain="Stage of the parasite",
            fits=_PARASITE,
        ),
        Field("count", "Parasites counted in the picture", NUMBER, plain="Parasites counted in the picture", fits=_PARASITE, maximum=1000),
        Field(
            "species",
            "Species",
            ONE,
            (
                Choice("falciparum", "P. falciparum"),
                Choice("vivax", "P. vivax"),
                Choice("ovale", "P. ovale"),
                Choice("malariae", "P. malariae"),
                Choice("knowlesi", "P. knowlesi"),
                _UNSURE,
            ),
            plain="Kind of malaria",
            fits=_PARASITE,
        ),
    ),
}


def fields_of(disease: str) -> tuple[Field, ...]:
    return FIELDS.get(disease, ())


def checked(*, disease: str, finding: str, finding_words: str, details: Any) -> dict[str, Any]:
    """The details as they are kept: known codes in the order of the form, nothing empty. Raises DetailsRefused."""
    if not isinstance(details, Mapping):
        raise DetailsRefused("unknown_detail", "The details are named values, each by the code of its field.")
    fields = {field.code: field for field in fields_of(disease)}
    for code in details:
        if code not in fields:
            raise DetailsRefused("unknown_detail", f"'{code}' is not asked about this disease. Asked are: {', '.join(fields)}.")
    kept = {}
    for code, field in fields.items():
        value = _value(field, details.get(code))
        if value is not None:
            _must_fit(field, value, finding, finding_words)
            kept[code] = value
    return kept


def known(disease: str, details: Any) -> dict[str, Any]:
    """What can be kept of details that nobody has checked yet, such as those of a draft: what is unknown is left out."""
    kept = {}
    for field in fields_of(disease):
        try:
            value = _value(field, details.get(field.code)) if isinstance(details, Mapping) else None
        except DetailsRefused:
            continue
        if value is not None:
            kept[field.code] = value
    return kept


def worded(disease: str, details: Mapping[str, Any], plain: bool = False) -> list[tuple[str, str]]:
    """Label and words of what was said, in the terms of the field or in plain words."""
    asked = [field for field in fields_of(disease) if field.code in details]
    return [
        ((plain and field.plain) or re.sub(r"^[A-E]  ", "", field.words), _sentence(field.said(details[field.code], plain)))
        for field in asked
    ]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _value(field: Field, value: Any) -> Any:
    """One value in its kept form; None where nothing was said."""
    if value is None or value in ("", [], ()):
        return None
    if field.kind == NUMBER:
        return _number(field, value)
    if field.kind == MANY:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise DetailsRefused("unknown_detail", f"{field.words}: send a list.")
        asked = list(value)
        for code in asked:
            _known(field, code)
        return [choice.code for choice in field.choices if choice.code in asked]
    _known(field, value)
    return value


def _known(field: Field, code: Any) -> None:
    if field.choice(code) is None:
        raise DetailsRefused("unknown_detail", f"{field.words}: '{code}' is not one of: {', '.join(c.code for c in field.choices)}.")


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= field.maximum:
        raise DetailsRefused("unknown_detail", f"{field.words}: send a number from 0 to {field.maximum:g}.")
    if field.whole and value != int(value):
        raise DetailsRefused("unknown_detail", f"{field.words}: send a whole number.")
    return int(value) if value == int(value) else round(value, 1)


def _must_fit(field: Field, value: Any, finding: str, finding_words: str) -> None:
    """Refuse what contradicts the finding."""
    if finding == ANY_FINDING:
        return
    fits = not field.fits or finding in field.fits
    if field.kind == NUMBER:
        if field.fits and fits != (value > 0):
            raise DetailsRefused("details_contradict", _contradiction(f"{field.words}: {value:g}", finding_words))
        return
    for code in value if field.kind == MANY else [value]:
        choice = field.choice(code)
        if choice is not None and (not fits or (choice.fits and finding not in choice.fits)):
            raise DetailsRefused("details_contradict", _contradiction(f"{field.words}: {choice.words}", finding_words))


def _contradiction(said: str, finding_words: str) -> str:
    return f"“{said}” does not go with the finding “{finding_words}”. Change the finding, or take the detail away."
