"""What a practitioner can say about a picture beyond its finding: for each disease the fields, their codes, words and rules, as data.

Names follow the field: chest terms and lung zones those of the Fleischner Society's glossary (Bankier 2024), skin the ABCDE rule with the
axes and the six colours of dermoscopy, eyes the signs by which ICDR grades (Wilkinson 2003), malaria the stages and species of the WHO's
bench aids. `plain` are the words for patients where the term is not theirs. A value that `fits` only some findings is refused with
another one; with "the picture can not tell" everything may be said, since it describes what was seen.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.scans.models import Scan

ONE, MANY, NUMBER, SITE = "one", "many", "number", "site"
ANY_FINDING = "can_not_tell"
Words = str | Promise  # told in the language of the reader


@dataclass(frozen=True)
class Choice:
    code: str
    words: Words
    plain: Words = ""
    fits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One question. `fits` counts for every value of it; a number that is 0 says that nothing is there, so it fits the opposite."""

    code: str
    words: Words
    kind: str
    choices: tuple[Choice, ...] = ()
    plain: Words = ""
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
        return ", ".join(str((plain and choice.plain) or choice.words) if choice else str(code) for code, choice in found)


_UNSURE = Choice("can_not_tell", pgettext_lazy("a detail", "Can not tell"))
_SIDE = (
    Choice("right", pgettext_lazy("side", "Right")),
    Choice("left", pgettext_lazy("side", "Left")),
    Choice("both", pgettext_lazy("side", "Both")),
)
_ZONES = (
    Choice("right_upper", _("Right upper zone"), _("upper part of the right lung")),
    Choice("left_upper", _("Left upper zone"), _("upper part of the left lung")),
    Choice("right_mid", _("Right mid zone"), _("middle part of the right lung")),
    Choice("left_mid", _("Left mid zone"), _("middle part of the left lung")),
    Choice("right_lower", _("Right lower zone"), _("lower part of the right lung")),
    Choice("left_lower", _("Left lower zone"), _("lower part of the left lung")),
)
# What a film shows besides the question: it goes with every finding, a normal one too.
_ALSO = Field(
    "also_seen",
    _("Also seen"),
    MANY,
    (
        Choice("pleural_effusion", _("Pleural effusion"), _("fluid around the lung")),
        Choice("pneumothorax", _("Pneumothorax"), _("air around the lung")),
        Choice("mass", _("Nodule or mass"), _("a round shadow that needs a closer look")),
        Choice("enlarged_heart", _("Enlarged heart"), _("a heart that looks large")),
        Choice("fracture", _("Fracture"), _("a broken bone")),
    ),
)
# Regions of the body map: the codes begin with front or back.
_SITES = (
    Choice("front_face", _("Face")),
    Choice("front_neck", _("Front of the neck")),
    Choice("front_chest", _("Chest")),
    Choice("front_abdomen", _("Belly")),
    Choice("front_groin", _("Groin")),
    Choice("front_right_upper_arm", _("Front of the right upper arm")),
    Choice("front_left_upper_arm", _("Front of the left upper arm")),
    Choice("front_right_forearm", _("Inside of the right forearm")),
    Choice("front_left_forearm", _("Inside of the left forearm")),
    Choice("front_right_hand", _("Right palm")),
    Choice("front_left_hand", _("Left palm")),
    Choice("front_right_thigh", _("Front of the right thigh")),
    Choice("front_left_thigh", _("Front of the left thigh")),
    Choice("front_right_lower_leg", _("Right shin")),
    Choice("front_left_lower_leg", _("Left shin")),
    Choice("front_right_foot", _("Top of the right foot")),
    Choice("front_left_foot", _("Top of the left foot")),
    Choice("back_scalp", _("Back of the head")),
    Choice("back_neck", _("Back of the neck")),
    Choice("back_upper", _("Upper back")),
    Choice("back_lower", _("Lower back")),
    Choice("back_buttocks", _("Buttocks")),
    Choice("back_right_upper_arm", _("Back of the right upper arm")),
    Choice("back_left_upper_arm", _("Back of the left upper arm")),
    Choice("back_right_forearm", _("Outside of the right forearm")),
    Choice("back_left_forearm", _("Outside of the left forearm")),
    Choice("back_right_hand", _("Back of the right hand")),
    Choice("back_left_hand", _("Back of the left hand")),
    Choice("back_right_thigh", _("Back of the right thigh")),
    Choice("back_left_thigh", _("Back of the left thigh")),
    Choice("back_right_lower_leg", _("Right calf")),
    Choice("back_left_lower_leg", _("Left calf")),
    Choice("back_right_foot", _("Sole of the right foot")),
    Choice("back_left_foot", _("Sole of the left foot")),
)

_TB, _PNEUMONIA, _ANY_PNEUMONIA = ("tuberculosis",), ("pneumonia",), ("covid19", "other_pneumonia")
_MORE_THAN_DOTS = ("grade_2", "grade_3", "grade_4")
_PARASITE = ("parasitized",)

FIELDS: dict[str, tuple[Field, ...]] = {
    "tuberculosis": (
        Field("location", pgettext_lazy("in the lung", "Location"), MANY, _ZONES, plain=pgettext_lazy("in the body", "Where"), fits=_TB),
        Field(
            "pattern",
            pgettext_lazy("in the lung", "Pattern"),
            MANY,
            (
                Choice("consolidation", _("Consolidation"), _("a filled, white area")),
                Choice("cavity", _("Cavity"), _("a hollow space")),
                Choice("nodular", _("Nodular pattern"), _("small round shadows")),
                Choice("miliary", _("Miliary pattern"), _("many tiny dots")),
                Choice("lymphadenopathy", _("Lymphadenopathy"), _("swollen glands")),
                Choice("fibrosis", _("Fibrotic scarring"), pgettext_lazy("in the lung", "scars")),
                Choice("calcified", _("Calcified granuloma"), _("a small chalky scar")),
            ),
            plain=_("What is seen"),
            fits=_TB,
        ),
        Field(
            "activity",
            pgettext_lazy("of tuberculosis", "Activity"),
            ONE,
            (
                Choice("active", _("Looks active"), _("it looks active")),
                Choice("healed", _("Looks healed"), _("it looks healed")),
                Choice("can_not_tell", _("Can not tell from one film"), _("one film can not tell")),
            ),
            plain=_("Active or healed"),
            fits=_TB,
        ),
        _ALSO,
    ),
    "pneumonia": (
        Field(
            "pattern",
            pgettext_lazy("in the lung", "Pattern"),
            MANY,
            (
                Choice("lobar", _("Lobar consolidation"), _("one filled, white area")),
                Choice("patchy", _("Patchy consolidation"), _("several white patches")),
                Choice("ground_glass", _("Ground-glass opacity"), _("a hazy veil")),
                Choice("reticular", _("Reticular pattern"), _("a net of fine lines")),
            ),
            plain=_("What is seen"),
            fits=_PNEUMONIA,
        ),
        Field("side", pgettext_lazy("of the chest", "Side"), ONE, _SIDE, plain=_("Which lung"), fits=_PNEUMONIA),
        Field(
            "location", pgettext_lazy("in the lung", "Location"), MANY, _ZONES, plain=pgettext_lazy("in the body", "Where"), fits=_PNEUMONIA
        ),
        _ALSO,
    ),
    "covid19": (
        Field(
            "pattern",
            pgettext_lazy("in the lung", "Pattern"),
            MANY,
            (
                Choice("ground_glass", _("Ground-glass opacity"), _("a hazy veil")),
                Choice("consolidation", _("Consolidation"), _("a filled, white area")),
                Choice("reticular", _("Reticular pattern"), _("a net of fine lines")),
            ),
            plain=_("What is seen"),
            fits=_ANY_PNEUMONIA,
        ),
        Field("side", pgettext_lazy("of the chest", "Side"), ONE, _SIDE, plain=_("Which lung"), fits=_ANY_PNEUMONIA),
        Field(
            "distribution",
            _("Distribution"),
            ONE,
            (
                Choice("peripheral", _("Peripheral"), _("near the edge of the lungs")),
                Choice("perihilar", _("Perihilar"), _("near the middle of the chest")),
                Choice("diffuse", _("Diffuse"), _("all over the lungs")),
            ),
            plain=_("How it is spread"),
            fits=_ANY_PNEUMONIA,
        ),
        _ALSO,
    ),
    "skin_cancer": (
        Field(
            "asymmetry",
            _("A  Asymmetry"),
            ONE,
            (
                Choice("none", _("Symmetric"), _("even on both sides")),
                Choice("one_axis", _("About one axis"), _("uneven in one direction")),
                Choice("two_axes", _("About both axes"), _("uneven in both directions")),
            ),
            plain=pgettext_lazy("of a skin spot", "Shape"),
        ),
        Field(
            "border",
            _("B  Border"),
            ONE,
            (
                Choice("regular", pgettext_lazy("border", "Regular")),
                Choice("irregular_part", _("Irregular in part"), _("irregular in places")),
                Choice("irregular_all", _("Irregular all round")),
            ),
            plain=pgettext_lazy("of a skin spot", "Edge"),
        ),
        Field(
            "colours",
            _("C  Colours"),
            MANY,
            (
                Choice("white", pgettext_lazy("colour", "White")),
                Choice("red", pgettext_lazy("colour", "Red")),
                Choice("light_brown", _("Light brown")),
                Choice("dark_brown", _("Dark brown")),
                Choice("blue_grey", _("Blue-grey")),
                Choice("black", pgettext_lazy("colour", "Black")),
            ),
            plain=_("Colours"),
        ),
        Field(
            "diameter_mm", _("D  Diameter, mm"), NUMBER, plain=pgettext_lazy("of a skin spot", "Size"), maximum=300, whole=False, unit="mm"
        ),
        Field(
            "evolving",
            _("E  Evolving"),
            ONE,
            (
                Choice("no", _("No change known")),
                Choice("yes", pgettext_lazy("a skin spot", "Changes"), _("it changes")),
                Choice(
                    "not_known", pgettext_lazy("change of a skin spot", "Not known"), pgettext_lazy("change of a skin spot", "not known")
                ),
            ),
            plain=pgettext_lazy("of a skin spot", "Change"),
        ),
        Field("site", _("Site on the body"), SITE, _SITES, plain=pgettext_lazy("in the body", "Where")),
    ),
    "diabetic_retinopathy": (
        Field(
            "eye",
            pgettext_lazy("field", "Eye"),
            ONE,
            (*_SIDE[:2], _UNSURE),
            plain=_("Which eye"),
            of_sides=((Scan.Laterality.RIGHT, "right"), (Scan.Laterality.LEFT, "left")),
        ),
        Field(
            "signs",
            pgettext_lazy("in the eye", "Signs"),
            MANY,
            (
                Choice("microaneurysms", _("Microaneurysms"), _("tiny bulges of vessels"), fits=("grade_1", *_MORE_THAN_DOTS)),
                Choice("haemorrhages", _("Haemorrhages"), _("small bleedings"), fits=_MORE_THAN_DOTS),
                Choice("hard_exudates", _("Hard exudates"), _("deposits that leaked from vessels"), fits=_MORE_THAN_DOTS),
                Choice("cotton_wool", _("Cotton-wool spots"), _("spots that get too little blood"), fits=_MORE_THAN_DOTS),
                Choice("venous_beading", _("Venous beading"), _("veins of uneven width"), fits=_MORE_THAN_DOTS),
                Choice("irma", _("IRMA"), _("twisted small vessels"), fits=_MORE_THAN_DOTS),
                Choice("neovascularisation", _("Neovascularisation"), _("new vessels that can bleed"), fits=("grade_4",)),
                Choice(
                    "vitreous_haemorrhage", _("Vitreous or preretinal haemorrhage"), _("bleeding in front of the retina"), fits=("grade_4",)
                ),
            ),
            plain=_("What is seen"),
        ),
        Field(
            "oedema",
            _("Macular oedema"),
            ONE,
            (
                Choice("absent", pgettext_lazy("oedema", "Absent"), _("none seen")),
                Choice(
                    "present", _("Present, centre not involved"), _("present, away from the centre of sight"), ("grade_1", *_MORE_THAN_DOTS)
                ),
                Choice("centre_involving", _("Centre-involving"), _("present in the centre of sight"), ("grade_1", *_MORE_THAN_DOTS)),
                Choice("can_not_tell", _("Can not tell from one photograph"), _("one photograph can not tell")),
            ),
            plain=_("Swelling in the centre of the retina"),
        ),
    ),
    "malaria": (
        Field(
            "stage",
            pgettext_lazy("of the parasite", "Stage"),
            MANY,
            (
                Choice("ring", pgettext_lazy("stage of the parasite", "Ring")),
                Choice("trophozoite", _("Trophozoite")),
                Choice("schizont", _("Schizont")),
                Choice("gametocyte", _("Gametocyte")),
            ),
            plain=_("Stage of the parasite"),
            fits=_PARASITE,
        ),
        Field(
            "count",
            _("Parasites counted in the picture"),
            NUMBER,
            plain=_("Parasites counted in the picture"),
            fits=_PARASITE,
            maximum=1000,
        ),
        Field(
            "species",
            pgettext_lazy("of the parasite", "Species"),
            ONE,
            (
                Choice("falciparum", _("P. falciparum")),
                Choice("vivax", _("P. vivax")),
                Choice("ovale", _("P. ovale")),
                Choice("malariae", _("P. malariae")),
                Choice("knowlesi", _("P. knowlesi")),
                _UNSURE,
            ),
            plain=_("Kind of malaria"),
            fits=_PARASITE,
        ),
    ),
}
