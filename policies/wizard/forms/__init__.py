"""One form a screen; policies/wizard/steps.py puts them in order."""

from policies.wizard.forms.base import Answers, StepForm
from policies.wizard.forms.baselines import BaselinesForm
from policies.wizard.forms.logs import LogsForm
from policies.wizard.forms.name import NameForm
from policies.wizard.forms.rate import RateForm
from policies.wizard.forms.schedule import ScheduleForm
from policies.wizard.forms.targets import TargetsForm

__all__ = [
    "Answers",
    "BaselinesForm",
    "LogsForm",
    "NameForm",
    "RateForm",
    "ScheduleForm",
    "StepForm",
    "TargetsForm",
]
