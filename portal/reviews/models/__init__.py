"""Review and what belongs to it."""

from .drafts import Draft as Draft
from .drafts import ReadingTemplate as ReadingTemplate
from .followups import CriticalNotice as CriticalNotice
from .followups import Referral as Referral
from .review import Addendum as Addendum
from .review import Immutable as Immutable
from .review import Opinion as Opinion
from .review import Review as Review
from .review import Role as Role
from .review import finding_choices as finding_choices
from .rules import CriticalRule as CriticalRule
from .rules import ReadingPolicy as ReadingPolicy
from .worklist import SavedFilter as SavedFilter
from .worklist import ServiceTarget as ServiceTarget
from .worklist import Urgency as Urgency
from .worklist import UrgencyFlag as UrgencyFlag
