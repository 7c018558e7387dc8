"""What manifests and metrics say in words on a model's card, listed for translators: their files are data, where nobody looks for
sentences.

Only the list: who shows one of them translates it. `tests/portal/test_models.py` asks that what a shipped model says is here.
"""

from django.utils.translation import gettext_noop as _

KNOWN_LIMITS = (
    _(
        "Healthy films come from one source and most COVID-19 films from others: the accuracy over all is in part that of "
        "telling sources apart. The honest figure is COVID-19 against other pneumonia inside the one source that has both."
    ),
    _(
        "It tells COVID-19 from other pneumonia poorly: inside the one source that has both, most other pneumonias reach the "
        'threshold of COVID-19 too (see the figures), many of them within the band "can not tell". Only a swab can tell.'
    ),
    _("Films of 2020, of people ill enough to be filmed; most people with COVID-19 have a normal film."),
    _("Not tried on children."),
    _("Single microaneurysms (grade 1) are hardly visible at this size: grades 0 and 1 are not told apart reliably."),
    _("Macular oedema is not graded."),
    _("A camera that it has not seen can cost much accuracy: see the figures per source and leave-one-source-out."),
    _("One hospital, one microscope set-up, one stain protocol and one species (P. falciparum)."),
    _(
        "It sees single red cells that were already cut out of the film, not whole fields; platelets and stain deposits can "
        "look like parasites."
    ),
    _("Some labels of the set are wrong, which limits what any model can score on it."),
    _("One cell does not make or exclude a diagnosis."),
    _("Children come from one hospital and adults from another, with other machines and other labels: read the two figures apart."),
    _("The adults' labels were mined from reports by a program, and some are wrong."),
    _("It does not tell bacteria from viruses."),
    _(
        "That its calibration has a bias for each class was decided after the calibration error on the held-out patients had "
        "been seen without one (0.086); the values were set on validation patients. Its calibration error is not quite "
        "independent."
    ),
    _("Dermoscopy of mostly light skin from Vienna and Queensland; not tried on dark skin, nor on ordinary phone photographs."),
    _("Melanoma, basal cell carcinoma and actinic keratosis / Bowen count as malignant; rarer cancers were not in the set."),
    _(
        "The set names lesions, not people: all pictures of one lesion were kept together, but two lesions of one person may "
        "lie on both sides of the split, which flatters the figures by an unknown amount."
    ),
    _("One hospital (Shenzhen No. 3), adults nearly all."),
    _("Films were trained on at 128 pixels a side: fine nodules and small cavities are not to be seen at that size."),
)
UNITS = (_("patients"), _("lesions"), _("Patients"), _("Lesions"))  # within a sentence, and as a heading
PARTS = (_("Train"), _("Validation"), _("Test"))
GROUPS = (_("source"), _("place it never saw"), _("age"), _("sex"))
NAMES = (_("female"), _("male"), _("20 to 39"), _("40 to 59"), _("60 to 79"), _("80 to 99"))
EXTRA = (
    _("accuracy over all 3 classes"),
    _("accuracy over all 5 classes"),
    _("quadratic kappa of the grades"),
    _("AUC of COVID-19 against other pneumonia inside ieee8023"),
    _("share of other pneumonia at or above the threshold inside ieee8023"),
)
