"""Why a picture is refused: one code and one plain sentence or two, which patients read."""

from inference.diseases import BLOOD_SMEAR, CHEST_XRAY, DERMOSCOPY, FUNDUS

CODES: dict[str, str] = {
    "empty_file": "The file is empty. Please choose the picture again.",
    "too_large": "The file is larger than 20 MB. Please send a smaller copy of the picture.",
    "unsupported_type": "This file is not a picture that can be read here. Please send a JPEG or PNG picture.",
    "too_many_pixels": "The picture has more than 40 million pixels. Please send a smaller copy.",
    "too_small": "The picture is smaller than 32 pixels on a side, too small to show anything. Please send the original picture.",
    "animated": "The file holds several pictures or an animation. Please send one still picture.",
    "truncated": "The end of the file is missing, as if the upload or copy broke off. Please send the picture again.",
    "corrupt": "The file is damaged and can not be read. Please save the picture again, or take a new one.",
    "has_transparency": "Parts of the picture are see-through, so its content is not certain. Please save it as JPEG.",
    "blank": "The picture shows nothing but one flat colour. Please check that you chose the right file.",
    "too_dark": "The picture is too dark to be read. Please take it again with more light.",
    "too_bright": "The picture is too bright to be read. Please take it again with less light or a shorter exposure.",
    "too_blurred": "The picture is out of focus. Please focus again, hold still, and take a new one.",
    "wrong_modality": "This does not look like the kind of picture that is needed here. Please check that you chose the right file.",
}

NOT_UPRIGHT = "The film does not stand upright: the head end must be at the top. Please turn the picture and send it again."
NEGATIVE = "The film is a negative: bones must be white and air dark. Please invert the picture and send it again."

_ADVICE: dict[tuple[str, str], str] = {
    ("too_dark", CHEST_XRAY): "Send the file from the clinic, or photograph the film in front of a bright, even light without flash.",
    ("too_dark", FUNDUS): "Let the eye rest in a dark room until the pupil is wide, centre the camera on it, and give more flash.",
    ("too_dark", DERMOSCOPY): "Take it again in daylight, near a window, and keep your shadow off the skin.",
    ("too_dark", BLOOD_SMEAR): "Open the condenser or raise the lamp until the ground between the cells is nearly white.",
    ("too_bright", CHEST_XRAY): "Send the file from the clinic, or photograph the film with a shorter exposure and without flash.",
    ("too_bright", FUNDUS): "Give less flash, and keep the camera straight before the eye so that the lids do not reflect.",
    ("too_bright", DERMOSCOPY): "Switch the flash off, turn away from the sun, and take it again.",
    ("too_bright", BLOOD_SMEAR): "Lower the lamp or the exposure until the cell has its colour back.",
    ("too_blurred", CHEST_XRAY): "Send the file from the clinic, or hold the camera still and parallel to the film until it is in focus.",
    ("too_blurred", FUNDUS): "Clean the lens, focus until the vessels are sharp, and ask the person to look at one point and not to blink.",
    ("too_blurred", DERMOSCOPY): "Rest your hand, wipe the lens, and let the camera focus on the spot before you press.",
    ("too_blurred", BLOOD_SMEAR): "Use the 100x oil lens and focus until the outline of the cell is sharp.",
}
_KINDS = {
    CHEST_XRAY: "a chest X-ray",
    FUNDUS: "a photograph of the back of the eye",
    DERMOSCOPY: "a close photograph of a skin spot",
    BLOOD_SMEAR: "one stained blood cell",
}


class ImageRejected(Exception):
    """The picture is at fault and the person who sent it can act.

    `code` is a key of CODES; `message` says what happened and what to do, the code's own sentence unless a more exact one is given.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code
        self.message = message or CODES[code]
        super().__init__(f"{code}: {self.message}")


def advice(code: str, modality: str) -> str:
    """What is wrong, and how to take a better picture of this kind."""
    known = _ADVICE.get((code, modality))
    return f"{CODES[code].split('. ')[0]}. {known}" if known else CODES[code]


def too_small(picture: str, least: int) -> str:
    """The sentence for a picture too small for its kind; `least` in pixels."""
    return f"The picture is too small: a {picture} needs at least {least} pixels on each side. Please send the original picture."


def no_colour(picture: str) -> str:
    """The sentence for a grey picture where colour is needed."""
    return f"This picture has no colour, but a {picture} has. Please send the colour picture of the {picture}."


def wrong_kind(picture: str, looks_like: str | None) -> str:
    """The sentence for a picture of another kind, which is named where it is known."""
    seen = f"This looks like {_KINDS[looks_like]}" if looks_like else f"This does not look like a {picture}"
    wanted = f", but a {picture} is needed here" if looks_like else ""
    return f"{seen}{wanted}. Please check that you chose the right file and page, and that the {picture} fills the picture."
