"""What a word that somebody types may mean in the catalogue."""

from inference import diseases


def diseases_like(word: str) -> set[str]:
    """Codes of the diseases that a word names, by themselves or by their kind of picture: "tub", "chest"."""
    sought = word.lower()
    return {
        code
        for code, disease in diseases.DISEASES.items()
        if any(sought in text.lower() for text in (code, disease.name, diseases.MODALITIES[disease.modality]))
    }


def symptoms_like(word: str) -> set[str]:
    """Codes of the symptoms whose words hold this word."""
    sought = word.lower()
    return {symptom.code for disease in diseases.DISEASES.values() for symptom in disease.symptoms if sought in symptom.words.lower()}
