"""Why a picture is refused: one code and one plain sentence or two, which patients read."""

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


class ImageRejected(Exception):
    """The picture is at fault and the person who sent it can act.

    `code` is a key of CODES; `message` says what happened and what to do, the code's own sentence unless a more exact one is given.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code
        self.message = message or CODES[code]
        super().__init__(f"{code}: {self.message}")
