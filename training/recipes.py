"""How each disease's model is trained: every choice that a person made, in one place, and copied into the manifest."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """Some epochs with the same layers unfrozen ("head", "upper" or "all"); the rate falls from `rate` along a cosine to `last_rate`.

    `size` is the side in pixels at which the pictures are shown, the recipe's own if 0: smaller ones first cost a fraction of the time.
    """

    depth: str
    epochs: int
    rate: float
    last_rate: float
    size: int = 0


@dataclass(frozen=True)
class Recipe:
    """`size` is the side of the model's square input in pixels; `patience` counts epochs without a better validation AUC.

    `folds` is 0 for one split of the patients into `parts` (train, validation, test), else the number of folds of a cross-validation
    whose last model learns from all patients. `end` names the backbone's last layer ("": its own default). `balance` lets every class of
    every source weigh more evenly (by the square root of its share). `mixup` is alpha of Zhang 2018. `momentum` is how much of its
    running statistics a batch normalisation keeps at a step (0: as the backbone says). `average` is over how many last epochs the
    weights are averaged (Izmailov 2018; 0: the best or the last epoch's are taken). `unit` is what the set's patient_id really names, in
    the plural. `source` and `licence` say where the pictures come from; `known_limits` are said on the model card.
    """

    size: int
    batch: int
    dropout: float
    smoothing: float
    augmentation: str
    stages: tuple[Stage, ...]
    patience: int
    source: str
    licence: str
    known_limits: tuple[str, ...]
    preprocess: str = "plain"
    end: str = ""
    folds: int = 0
    parts: tuple[float, float, float] = (0.65, 0.15, 0.20)
    balance: bool = False
    mixup: float = 0.0
    momentum: float = 0.0
    average: int = 0
    unit: str = "patients"


_SOFT_FILMS = "Films were trained on at 128 pixels a side: fine nodules and small cavities are not to be seen at that size."
_NOT_A_CHILD = "Not tried on children."
_WHOLE = "block15_project_bn"  # EfficientNet-Lite0 without its last convolution: 320 features at stride 32, and a fifth smaller

RECIPES: dict[str, Recipe] = {
    "malaria": Recipe(
        size=128,
        batch=32,
        dropout=0.2,
        smoothing=0.05,  # some labels are wrong: no visible parasite, or a platelet on a healthy cell
        augmentation="stained_cell",
        stages=(Stage("head", 1, 2e-3, 2e-3), Stage("upper", 2, 1e-3, 6e-4), Stage("all", 14, 6e-4, 6e-6)),
        patience=6,
        source="NIH/NLM malaria cells: Giemsa-stained thin smears, P. falciparum, Chittagong (Rajaraman 2018, doi:10.7717/peerj.4568)",
        licence="public, with citation",
        known_limits=(
            "One hospital, one microscope set-up, one stain protocol and one species (P. falciparum).",
            "It sees single red cells, cut out of the film, not whole fields; platelets and stain deposits can look like parasites.",
            "Some labels of the set are wrong, which limits what any model can score on it.",
            "One cell does not make or exclude a diagnosis.",
        ),
    ),
    "pneumonia": Recipe(
        size=192,
        batch=32,
        dropout=0.2,
        smoothing=0.05,
        augmentation="film",
        stages=(Stage("head", 1, 2e-3, 2e-3, 128), Stage("all", 3, 8e-4, 3e-4, 128), Stage("upper", 4, 4e-4, 6e-6)),
        patience=5,
        source="Kermany 2018 (children of 1 to 5 years, Guangzhou) and NIH ChestX-ray8 (adults, labels mined from reports; Wang 2017)",
        licence="CC BY 4.0 (Kermany); attribution (NIH)",
        known_limits=(
            "Children come from one hospital and adults from another, with other machines and other labels: read the two figures apart.",
            "The adults' labels were mined from reports by a program, and some are wrong.",
            "It does not tell bacteria from viruses.",
            "That its calibration has a bias for each class was decided after the calibration error on the held-out patients had been seen "
            "without one (0.086); the values were set on validation patients. Its calibration error is not quite independent.",
        ),
        preprocess="film",
        end=_WHOLE,
        parts=(0.70, 0.10, 0.20),
        balance=True,
    ),
    "tuberculosis": Recipe(
        size=192,
        batch=16,
        dropout=0.3,
        smoothing=0.05,
        augmentation="film",
        stages=(Stage("head", 2, 2e-3, 1e-3, 128), Stage("upper", 16, 8e-4, 4e-4, 128), Stage("upper", 14, 4e-4, 5e-6)),
        patience=99,
        source="NLM Shenzhen chest films (Jaeger 2014, doi:10.3978/j.issn.2223-4292.2014.11.20)",
        licence="research use, with citation",
        known_limits=("One hospital (Shenzhen No. 3), adults nearly all.", _SOFT_FILMS, _NOT_A_CHILD),
        preprocess="soft_film",
        end=_WHOLE,
        folds=5,
        mixup=0.2,
        momentum=0.95,
    ),
    "covid19": Recipe(
        size=192,
        batch=32,
        dropout=0.3,
        smoothing=0.05,
        augmentation="film",
        stages=(Stage("head", 2, 2e-3, 1e-3, 128), Stage("upper", 14, 8e-4, 4e-4, 128), Stage("upper", 10, 4e-4, 5e-6)),
        patience=99,
        source="ieee8023 covid-chestxray-dataset (Cohen 2020), COVID-CXNet (Haghanifar 2020), NIH ChestX-ray8 normals (Wang 2017)",
        licence="per picture CC BY, BY-NC-SA, BY-ND or unknown (ieee8023); CC BY 4.0 (COVID-CXNet); attribution (NIH). Non-commercial",
        known_limits=(
            "Healthy films come from one source and most COVID-19 films from others: the accuracy over all is in part that of telling "
            "sources apart. The honest figure is COVID-19 against other pneumonia inside the one source that has both.",
            "It tells COVID-19 from other pneumonia poorly: inside the one source that has both, most other pneumonias reach the threshold "
            'of COVID-19 too (see the figures), many of them within the band "can not tell". Only a swab can tell.',
            "Films of 2020, of people ill enough to be filmed; most people with COVID-19 have a normal film.",
            _NOT_A_CHILD,
        ),
        preprocess="film",
        end=_WHOLE,
        folds=3,
        balance=True,
        mixup=0.2,
        momentum=0.95,
    ),
    "skin_cancer": Recipe(
        size=192,
        batch=32,
        dropout=0.3,
        smoothing=0.05,
        augmentation="lesion",
        stages=(Stage("head", 1, 2e-3, 2e-3, 128), Stage("all", 7, 1e-3, 4e-4, 128), Stage("upper", 5, 5e-4, 5e-6)),
        patience=6,
        source="HAM10000 dermoscopy (Tschandl 2018, doi:10.1038/sdata.2018.161)",
        licence="CC BY-NC 4.0: this model is for non-commercial use",
        known_limits=(
            "Dermoscopy of mostly light skin from Vienna and Queensland; not tried on dark skin, nor on ordinary phone photographs.",
            "Melanoma, basal cell carcinoma and actinic keratosis / Bowen count as malignant; rarer cancers were not in the set.",
            "The set names lesions, not people: all pictures of one lesion were kept together, but two lesions of one person may lie on "
            "both sides of the split, which flatters the figures by an unknown amount.",
        ),
        preprocess="lesion",
        unit="lesions",
        end=_WHOLE,
        parts=(0.70, 0.10, 0.20),
    ),
    "diabetic_retinopathy": Recipe(
        size=256,
        batch=32,
        dropout=0.3,
        smoothing=0.05,
        augmentation="fundus",
        stages=(Stage("head", 1, 2e-3, 2e-3, 160), Stage("all", 8, 1e-3, 6e-4, 160), Stage("all", 10, 6e-4, 6e-6)),
        patience=99,
        source="srahimdr (Rahim 2025), IDRiD (Porwal 2018), EyePACS (Kaggle 2015)",
        licence="academic use with attribution (srahimdr); CC BY 4.0 (IDRiD); research and education (EyePACS). Non-commercial",
        known_limits=(
            "Single microaneurysms (grade 1) are hardly visible at this size: grades 0 and 1 are not told apart reliably.",
            "Macular oedema is not graded.",
            "A camera that it has not seen can cost much accuracy: see the figures per source and leave-one-source-out.",
        ),
        preprocess="fundus",
        end=_WHOLE,
        parts=(0.70, 0.10, 0.20),
        balance=True,
        mixup=0.2,
        momentum=0.95,
    ),
}
