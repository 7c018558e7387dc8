"""The catalogue: the six diseases, their classes, and the words that people read.

Class names are the folder names of the training data. The first class is the healthy one; `positive` names the classes whose
summed probability is *the* probability of an answer. Nothing here says whether a disease has a model: that is the registry's.
"""

from dataclasses import dataclass, field

from inference.words import _


@dataclass(frozen=True)
class Symptom:
    """Something a patient can tick at upload. A red flag raises the urgency of the review."""

    code: str
    words: str
    red_flag: bool = False


@dataclass(frozen=True)
class Laterality:
    """Which of two a picture shows, where the body has two. The codes are those of DICOM's Image Laterality (0020,0062); the empty one,
    which is not among them, stands for not known."""

    question: str
    words: dict[str, str]


@dataclass(frozen=True)
class Disease:
    """One entry of the catalogue. Its words are marked for translators (inference.words); who shows them translates them.

    `inline` is the name in the middle of a sentence: malaria, COVID-19. `classes` maps a finding (class name) to its plain words;
    `positive` is the subset that counts as disease; `picture` is what a person calls the image; `icd10` is the WHO code used when results
    leave the portal. `next_steps` are the words for an outcome; a finding in `finding_steps` has words of its own, whatever the outcome.
    `target` is what the positive classes mean where that is not the whole disease.
    """

    code: str
    name: str
    inline: str
    modality: str
    picture: str
    icd10: str
    summary: str
    cannot_tell: str
    how_to: tuple[str, ...]
    next_steps: dict[str, str]
    classes: dict[str, str]
    positive: tuple[str, ...]
    symptoms: tuple[Symptom, ...] = field(default=())
    finding_steps: dict[str, str] = field(default_factory=dict)
    target: str = ""

    @property
    def laterality(self) -> Laterality | None:
        """What is asked of its kind of picture; None where there is but one of what it shows."""
        return LATERALITIES.get(self.modality)

    def side(self, code: str) -> str:
        """Which of two it is, in words; empty where it is not known or not asked."""
        return self.laterality.words.get(code, "") if self.laterality else ""

    @property
    def healthy(self) -> str:
        """The class that shows nothing of this disease or of another."""
        return next(iter(self.classes))

    @property
    def sought(self) -> str:
        """What a positive answer stands for, in the middle of a sentence: malaria, COVID-19."""
        return self.target or self.inline

    def steps(self, outcome: str, finding: str) -> str:
        """What to do after this outcome and finding; empty for an outcome that has no words."""
        return self.finding_steps.get(finding) or self.next_steps.get(outcome, "")

    @property
    def red_flags(self) -> frozenset[str]:
        """Codes of the symptoms that need help now, whatever the picture shows."""
        return frozenset(s.code for s in self.symptoms if s.red_flag)


CHEST_XRAY, FUNDUS, DERMOSCOPY, BLOOD_SMEAR = "chest_xray", "fundus", "dermoscopy", "blood_smear"

MODALITIES = {
    CHEST_XRAY: _("Chest X-ray"),
    FUNDUS: _("Eye photograph"),
    DERMOSCOPY: _("Skin spot"),
    BLOOD_SMEAR: _("Blood smear"),
}

RIGHT, LEFT = "R", "L"

LATERALITIES = {FUNDUS: Laterality(_("Which eye is it?"), {RIGHT: _("Right eye"), LEFT: _("Left eye")})}

_CHEST_HOW_TO = (
    _("Use the picture file from the clinic when you can; a photograph of a film on a light box also works."),
    _("The whole chest must be in the picture, from the collar bones to the bottom of the ribs."),
    _("Cover or crop any name that is written on the film."),
)
_CHEST_FLAGS = (
    Symptom("breathless", _("Hard to breathe while resting"), red_flag=True),
    Symptom("blood", _("Coughing up blood"), red_flag=True),
    Symptom("chest_pain", _("Chest pain that does not go away"), red_flag=True),
)

_ALL = (
    Disease(
        code="tuberculosis",
        name=_("Tuberculosis"),
        inline=_("tuberculosis"),
        modality=CHEST_XRAY,
        picture=_("chest X-ray"),
        icd10="A15",
        summary=_("Looks for the shadows that tuberculosis of the lungs leaves on a chest X-ray."),
        cannot_tell=_("A film can not prove tuberculosis, nor show it outside the lungs. Only a sputum test confirms it."),
        how_to=_CHEST_HOW_TO,
        next_steps={
            "suspicious": _("Ask a clinic for a sputum test in the next days. Until then wear a mask near others and keep rooms aired."),
            "uncertain": _("The picture does not settle it. A practitioner should look, and a sputum test can answer it."),
            "not_suspicious": _(
                "A cough of more than two weeks should be checked all the same. "
                "Do not wait for this page if you feel worse: go to a clinic."
            ),
        },
        classes={"normal": _("no sign of tuberculosis"), "tuberculosis": _("signs that fit tuberculosis")},
        positive=("tuberculosis",),
        symptoms=(
            Symptom("cough_2_weeks", _("Cough for two weeks or more")),
            Symptom("fever", _("Fever")),
            Symptom("night_sweats", _("Sweating at night")),
            Symptom("weight_loss", _("Losing weight without trying")),
            *_CHEST_FLAGS,
        ),
    ),
    Disease(
        code="skin_cancer",
        name=_("Skin cancer"),
        inline=_("skin cancer"),
        modality=DERMOSCOPY,
        picture=_("close photograph of a skin spot"),
        icd10="C44",
        summary=_("Looks at a close picture of a skin spot for the patterns of skin cancer."),
        cannot_tell=_(
            "Only a tissue sample can prove or exclude skin cancer. A spot that changes needs a practitioner, whatever the answer."
        ),
        how_to=(
            _("Use a dermatoscope or a phone with a macro lens, straight above the spot."),
            _("The spot fills about half of the picture, in focus, in daylight and without flash."),
            _("Move hair aside and wipe off cream."),
        ),
        next_steps={
            "suspicious": _("Show this spot to a skin practitioner within two weeks."),
            "uncertain": _("The picture does not settle it. A practitioner should look at the spot itself."),
            "not_suspicious": _("Take a new picture in three months, or sooner if the spot grows, bleeds or changes colour."),
        },
        classes={"benign": _("a harmless pattern"), "malignant": _("a pattern that fits skin cancer")},
        positive=("malignant",),
        symptoms=(
            Symptom("growing", _("It grows or changes")),
            Symptom("itching", _("It itches or hurts")),
            Symptom("bleeding", _("It bleeds without being hurt"), red_flag=True),
            Symptom("lump_nearby", _("A new lump in the armpit, groin or neck"), red_flag=True),
        ),
    ),
    Disease(
        code="malaria",
        name=_("Malaria"),
        inline=_("malaria"),
        modality=BLOOD_SMEAR,
        picture=_("picture of one red blood cell from a stained thin smear"),
        icd10="B50",
        summary=_("Looks at one red blood cell from a Giemsa-stained thin smear for the malaria parasite."),
        cannot_tell=_(
            "One cell without a parasite does not exclude malaria: a practitioner counts many cells, and repeats the smear. "
            "It does not tell which kind of malaria it is."
        ),
        how_to=(
            _("Thin smear, Giemsa stain, 100x oil lens; cut out one whole red cell."),
            _("The cell fills the picture and its outline is sharp."),
            _("Colour, not black and white: the stain is what shows the parasite."),
        ),
        next_steps={
            "suspicious": _("See a clinic today: malaria is treated with tablets, and early treatment works best."),
            "uncertain": _("The picture does not settle it. Have a practitioner look, and repeat the smear."),
            "not_suspicious": _("If fever goes on, have the blood tested again within a day."),
        },
        classes={"uninfected": _("no parasite seen in this cell"), "parasitized": _("a malaria parasite in this cell")},
        positive=("parasitized",),
        symptoms=(
            Symptom("fever", _("Fever")),
            Symptom("chills", _("Shivering and sweating")),
            Symptom("headache", _("Headache")),
            Symptom("vomiting", _("Vomiting everything"), red_flag=True),
            Symptom("confusion", _("Confused, very sleepy, or a fit"), red_flag=True),
            Symptom("dark_urine", _("Dark or bloody urine"), red_flag=True),
            Symptom("breathless", _("Hard to breathe"), red_flag=True),
        ),
    ),
    Disease(
        code="covid19",
        name=_("COVID-19"),
        inline=_("COVID-19"),
        modality=CHEST_XRAY,
        picture=_("chest X-ray"),
        icd10="U07.1",
        summary=_("Looks for the pattern of COVID-19 pneumonia on a chest X-ray."),
        cannot_tell=_("Most people with COVID-19 have a normal chest X-ray. A swab test confirms the infection, not a film."),
        how_to=_CHEST_HOW_TO,
        next_steps={
            "suspicious": _("Stay apart from others and take a swab test today."),
            "uncertain": _("The picture does not settle it. Take a swab test, and let a practitioner look."),
            "not_suspicious": _(
                "A normal film does not exclude COVID-19: test if you have been near someone who has it. "
                "Do not wait for this page if you feel worse: go to a clinic."
            ),
        },
        classes={
            "normal": _("no sign of pneumonia"),
            "covid19": _("a pattern that fits COVID-19 pneumonia"),
            "other_pneumonia": _("signs of another kind of pneumonia"),
        },
        positive=("covid19",),
        finding_steps={
            "other_pneumonia": _(
                "See a clinic today: the film shows signs of pneumonia, which can be treated. It is not the pattern of "
                "COVID-19, but only a swab test excludes that."
            ),
        },
        symptoms=(
            Symptom("fever", _("Fever")),
            Symptom("cough", _("Cough")),
            Symptom("no_smell", _("Loss of smell or taste")),
            *_CHEST_FLAGS,
        ),
    ),
    Disease(
        code="pneumonia",
        name=_("Pneumonia"),
        inline=_("pneumonia"),
        modality=CHEST_XRAY,
        picture=_("chest X-ray"),
        icd10="J18",
        summary=_("Looks for the white patches that pneumonia makes on a chest X-ray."),
        cannot_tell=_("A film does not show which germ causes it, and early pneumonia may not show at all."),
        how_to=_CHEST_HOW_TO,
        next_steps={
            "suspicious": _("See a clinic today: pneumonia can be treated, and children worsen quickly."),
            "uncertain": _("The picture does not settle it. A practitioner should look and listen to the chest."),
            "not_suspicious": _("Rest and drink. Do not wait for this page if you feel worse: go to a clinic."),
        },
        classes={"normal": _("no sign of pneumonia"), "pneumonia": _("signs that fit pneumonia")},
        positive=("pneumonia",),
        symptoms=(
            Symptom("fever", _("Fever")),
            Symptom("cough", _("Cough")),
            Symptom("blue_lips", _("Blue lips"), red_flag=True),
            Symptom("not_drinking", _("A child who does not drink"), red_flag=True),
            *_CHEST_FLAGS,
        ),
    ),
    Disease(
        code="diabetic_retinopathy",
        name=_("Diabetic retinopathy"),
        inline=_("diabetic retinopathy"),
        modality=FUNDUS,
        picture=_("photograph of the back of the eye"),
        icd10="H36.0",
        summary=_("Looks at a photograph of the back of the eye for the damage that diabetes does to its vessels."),
        cannot_tell=_("One photograph shows only part of the eye. It does not exclude other eye diseases or swelling of the retina."),
        how_to=(
            _("Use a fundus camera; the optic disc and the centre must both be seen."),
            _("One eye a picture, in focus, without a reflection over the middle."),
            _("Say which eye it is: right and left are read apart."),
        ),
        next_steps={
            "suspicious": _("Have both eyes examined by an eye practitioner within a month."),
            "uncertain": _("The picture does not settle it. An eye practitioner should look."),
            "not_suspicious": _("Have your eyes photographed again in a year, and keep your blood sugar in range."),
        },
        classes={
            "grade_0": _("no sign of diabetic retinopathy"),
            "grade_1": _("mild diabetic retinopathy"),
            "grade_2": _("moderate diabetic retinopathy"),
            "grade_3": _("severe diabetic retinopathy"),
            "grade_4": _("proliferative diabetic retinopathy: new vessels that can bleed"),
        },
        positive=("grade_2", "grade_3", "grade_4"),  # "referable" (ICDR, Wilkinson 2003)
        target=_("diabetic retinopathy that an eye practitioner should see"),
        finding_steps={
            "grade_4": _("Have both eyes examined by an eye practitioner within two weeks: new vessels can bleed and take the sight."),
        },
        symptoms=(
            Symptom("blurred", _("Blurred sight")),
            Symptom("floaters", _("Many new dark spots"), red_flag=True),
            Symptom("sudden_loss", _("Sudden loss of sight"), red_flag=True),
        ),
    ),
)

DISEASES: dict[str, Disease] = {disease.code: disease for disease in _ALL}


def get(code: str) -> Disease:
    """The disease with this code. Raises KeyError if the catalogue has none."""
    return DISEASES[code]
