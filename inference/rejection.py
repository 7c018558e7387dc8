"""Why a picture is refused: one code and one plain sentence or two, which patients read.

Each refusal is a whole text of its own for each kind of picture, never put together from pieces: in other languages the pieces would have
to change with each other. Who shows one translates it (inference.words).
"""

from collections.abc import Mapping

from inference.diseases import BLOOD_SMEAR, CHEST_XRAY, DERMOSCOPY, FUNDUS
from inference.words import _

CODES: dict[str, str] = {
    "empty_file": _("The file is empty. Please choose the picture again."),
    "too_large": _("The file is larger than 20 MB. Please send a smaller copy of the picture."),
    "unsupported_type": _("This file is not a picture that can be read here. Please send a JPEG or PNG picture."),
    "too_many_pixels": _("The picture has more than 40 million pixels. Please send a smaller copy."),
    "too_small": _("The picture is smaller than 32 pixels on a side, too small to show anything. Please send the original picture."),
    "animated": _("The file holds several pictures or an animation. Please send one still picture."),
    "truncated": _("The end of the file is missing, as if the upload or copy broke off. Please send the picture again."),
    "corrupt": _("The file is damaged and can not be read. Please save the picture again, or take a new one."),
    "undecodable": _(
        "This picture could not be opened in the time and memory that a picture gets. Please save it anew as JPEG and send that."
    ),
    "has_transparency": _("Parts of the picture are see-through, so its content is not certain. Please save it as JPEG."),
    "blank": _("The picture shows nothing but one flat colour. Please check that you chose the right file."),
    "too_dark": _("The picture is too dark to be read. Please take it again with more light."),
    "too_bright": _("The picture is too bright to be read. Please take it again with less light or a shorter exposure."),
    "too_blurred": _("The picture is out of focus. Please focus again, hold still, and take a new one."),
    "wrong_modality": _("This does not look like the kind of picture that is needed here. Please check that you chose the right file."),
}

NOT_UPRIGHT = _("The film does not stand upright: the head end must be at the top. Please turn the picture and send it again.")
NEGATIVE = _("The film is a negative: bones must be white and air dark. Please invert the picture and send it again.")

_ADVICE: dict[tuple[str, str], str] = {
    ("too_dark", CHEST_XRAY): _(
        "The picture is too dark to be read. "
        "Send the file from the clinic, or photograph the film in front of a bright, even light without flash."
    ),
    ("too_dark", FUNDUS): _(
        "The picture is too dark to be read. "
        "Let the eye rest in a dark room until the pupil is wide, centre the camera on it, and give more flash."
    ),
    ("too_dark", DERMOSCOPY): _(
        "The picture is too dark to be read. Take it again in daylight, near a window, and keep your shadow off the skin."
    ),
    ("too_dark", BLOOD_SMEAR): _(
        "The picture is too dark to be read. Open the condenser or raise the lamp until the ground between the cells is nearly white."
    ),
    ("too_bright", CHEST_XRAY): _(
        "The picture is too bright to be read. "
        "Send the file from the clinic, or photograph the film with a shorter exposure and without flash."
    ),
    ("too_bright", FUNDUS): _(
        "The picture is too bright to be read. "
        "Give less flash, and keep the camera straight before the eye so that the lids do not reflect."
    ),
    ("too_bright", DERMOSCOPY): _("The picture is too bright to be read. Switch the flash off, turn away from the sun, and take it again."),
    ("too_bright", BLOOD_SMEAR): _(
        "The picture is too bright to be read. Lower the lamp or the exposure until the cell has its colour back."
    ),
    ("too_blurred", CHEST_XRAY): _(
        "The picture is out of focus. "
        "Send the file from the clinic, or hold the camera still and parallel to the film until it is in focus."
    ),
    ("too_blurred", FUNDUS): _(
        "The picture is out of focus. "
        "Clean the lens, focus until the vessels are sharp, and ask the person to look at one point and not to blink."
    ),
    ("too_blurred", DERMOSCOPY): _(
        "The picture is out of focus. Rest your hand, wipe the lens, and let the camera focus on the spot before you press."
    ),
    ("too_blurred", BLOOD_SMEAR): _("The picture is out of focus. Use the 100x oil lens and focus until the outline of the cell is sharp."),
}
_TOO_SMALL: dict[str, str] = {
    CHEST_XRAY: _("The picture is too small: a chest X-ray needs at least {least} pixels on each side. Please send the original picture."),
    FUNDUS: _(
        "The picture is too small: a photograph of the back of the eye needs at least {least} pixels on each side. "
        "Please send the original picture."
    ),
    DERMOSCOPY: _(
        "The picture is too small: a close photograph of a skin spot needs at least {least} pixels on each side. "
        "Please send the original picture."
    ),
    BLOOD_SMEAR: _(
        "The picture is too small: a picture of one red blood cell from a stained thin smear needs at least {least} pixels on each side. "
        "Please send the original picture."
    ),
}
_NO_COLOUR: dict[str, str] = {
    FUNDUS: _("This picture has no colour, but a photograph of the back of the eye has. Please send the colour picture."),
    DERMOSCOPY: _("This picture has no colour, but a close photograph of a skin spot has. Please send the colour picture."),
    BLOOD_SMEAR: _("This picture has no colour, but a picture of a stained red blood cell has. Please send the colour picture."),
}
_WRONG_KIND: dict[tuple[str, str | None], str] = {  # what is needed, what it looks like
    (CHEST_XRAY, None): _(
        "This does not look like a chest X-ray. "
        "Please check that you chose the right file and page, and that the chest X-ray fills the picture."
    ),
    (CHEST_XRAY, FUNDUS): _(
        "This looks like a photograph of the back of the eye, but a chest X-ray is needed here. "
        "Please check that you chose the right file and page, and that the chest X-ray fills the picture."
    ),
    (CHEST_XRAY, DERMOSCOPY): _(
        "This looks like a close photograph of a skin spot, but a chest X-ray is needed here. "
        "Please check that you chose the right file and page, and that the chest X-ray fills the picture."
    ),
    (CHEST_XRAY, BLOOD_SMEAR): _(
        "This looks like one stained blood cell, but a chest X-ray is needed here. "
        "Please check that you chose the right file and page, and that the chest X-ray fills the picture."
    ),
    (FUNDUS, None): _(
        "This does not look like a photograph of the back of the eye. "
        "Please check that you chose the right file and page, and that the photograph of the back of the eye fills the picture."
    ),
    (FUNDUS, CHEST_XRAY): _(
        "This looks like a chest X-ray, but a photograph of the back of the eye is needed here. "
        "Please check that you chose the right file and page, and that the photograph of the back of the eye fills the picture."
    ),
    (FUNDUS, DERMOSCOPY): _(
        "This looks like a close photograph of a skin spot, but a photograph of the back of the eye is needed here. "
        "Please check that you chose the right file and page, and that the photograph of the back of the eye fills the picture."
    ),
    (FUNDUS, BLOOD_SMEAR): _(
        "This looks like one stained blood cell, but a photograph of the back of the eye is needed here. "
        "Please check that you chose the right file and page, and that the photograph of the back of the eye fills the picture."
    ),
    (DERMOSCOPY, None): _(
        "This does not look like a close photograph of a skin spot. "
        "Please check that you chose the right file and page, and that the close photograph of a skin spot fills the picture."
    ),
    (DERMOSCOPY, CHEST_XRAY): _(
        "This looks like a chest X-ray, but a close photograph of a skin spot is needed here. "
        "Please check that you chose the right file and page, and that the close photograph of a skin spot fills the picture."
    ),
    (DERMOSCOPY, FUNDUS): _(
        "This looks like a photograph of the back of the eye, but a close photograph of a skin spot is needed here. "
        "Please check that you chose the right file and page, and that the close photograph of a skin spot fills the picture."
    ),
    (DERMOSCOPY, BLOOD_SMEAR): _(
        "This looks like one stained blood cell, but a close photograph of a skin spot is needed here. "
        "Please check that you chose the right file and page, and that the close photograph of a skin spot fills the picture."
    ),
    (BLOOD_SMEAR, None): _(
        "This does not look like a picture of one red blood cell from a stained thin smear. "
        "Please check that you chose the right file and page, and that one red blood cell fills the picture."
    ),
    (BLOOD_SMEAR, CHEST_XRAY): _(
        "This looks like a chest X-ray, but one red blood cell from a stained thin smear is needed here. "
        "Please check that you chose the right file and page, and that one red blood cell fills the picture."
    ),
    (BLOOD_SMEAR, FUNDUS): _(
        "This looks like a photograph of the back of the eye, but one red blood cell from a stained thin smear is needed here. "
        "Please check that you chose the right file and page, and that one red blood cell fills the picture."
    ),
    (BLOOD_SMEAR, DERMOSCOPY): _(
        "This looks like a close photograph of a skin spot, but one red blood cell from a stained thin smear is needed here. "
        "Please check that you chose the right file and page, and that one red blood cell fills the picture."
    ),
}


class ImageRejected(Exception):
    """The picture is at fault and the person who sent it can act.

    `code` is a key of CODES. `template` says what happened and what to do, with names of `params` in braces: the code's own sentence unless
    a more exact one is given. `message` is both together in English; in another language the template is translated first, and so are
    params that are words.
    """

    def __init__(self, code: str, template: str | None = None, **params: str | int) -> None:
        self.code, self.template = code, template or CODES[code]
        self.params: Mapping[str, str | int] = params
        self.message = self.template.format(**params) if params else self.template
        super().__init__(f"{code}: {self.message}")


def advice(code: str, modality: str) -> ImageRejected:
    """What is wrong, and how to take a better picture of this kind."""
    return ImageRejected(code, _ADVICE.get((code, modality)))


def too_small(modality: str, least: int) -> ImageRejected:
    """A picture too small for its kind; `least` in pixels."""
    return ImageRejected("too_small", _TOO_SMALL[modality], least=least)


def no_colour(modality: str) -> ImageRejected:
    """A grey picture where this kind has colour."""
    return ImageRejected("wrong_modality", _NO_COLOUR[modality])


def wrong_kind(modality: str, looks_like: str | None) -> ImageRejected:
    """A picture of another kind than this, which is named where it is known."""
    return ImageRejected("wrong_modality", _WRONG_KIND[modality, looks_like])
