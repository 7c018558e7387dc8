"""Question: a thread between a patient and the practitioner who reads, or has read, their scan."""
