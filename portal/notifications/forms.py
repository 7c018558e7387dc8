from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .kinds import GROUPS
from .preferences import CHANNELS, choices_of, digest_time_of, time_zones


class SettingsForm(forms.Form):
    """Two boxes for each kind that concerns the person. What is always on can not be changed by a box."""

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present = choices_of(user)
        for choice in self.present:
            for channel in CHANNELS:
                self.fields[f"{channel}-{choice.kind}"] = forms.BooleanField(
                    required=False, initial=getattr(choice, channel), disabled=channel in choice.rule.fixed
                )

    @property
    def groups(self) -> list[tuple[str, list[tuple[Any, Any, Any]]]]:
        """For the page: a group's words, and of each kind the choice and its two boxes."""
        rows = [(choice, self[f"portal-{choice.kind}"], self[f"email-{choice.kind}"]) for choice in self.present]
        found = [(str(words), [row for row in rows if row[0].rule.group == group]) for group, words in GROUPS.items()]
        return [(words, group) for words, group in found if group]

    @property
    def choices(self) -> dict[str, dict[str, bool]]:
        return {choice.kind: {channel: self.cleaned_data[f"{channel}-{choice.kind}"] for channel in CHANNELS} for choice in self.present}


class DigestTimeForm(forms.Form):
    hour = forms.TypedChoiceField(coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)], label=_("Hour of the daily digest"))
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = digest_time_of(user)
        self.initial = {"hour": present.hour, "time_zone": present.time_zone}
        names = dict.fromkeys([*time_zones(), present.time_zone])
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in names]  # type: ignore[attr-defined]
