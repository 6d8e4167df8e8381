"""Step 4, optional: the S3 bucket that keeps the output of patching operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from policies.aws.access import BucketGone
from policies.aws.errors import AwsProblem
from policies.domain.problem import Problem
from policies.domain.problems import check_logs
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import LogStorage, PolicySpec
from policies.wizard.forms.base import ON, StepForm

GONE = Sentence(N_("No bucket has this name. Choose one from the list, or enter the name of an existing bucket."))
UNREADABLE = Sentence(
    N_(
        "The signed-in account is not allowed to list this bucket. Choose a bucket of this account, or let the "
        "bucket's owner grant s3:ListBucket and s3:GetObject."
    )
)
UNTOLD = Sentence(N_("AWS did not answer, so whether this bucket exists and can be read is checked at the review."))


class LogsForm(StepForm):
    """Whether, and where. Bucket and prefix count only when output is written."""

    write_logs = forms.BooleanField(label=_("Write output to S3 bucket"), required=False)
    log_bucket = forms.CharField(
        label=_("S3 bucket"),
        required=False,
        widget=forms.TextInput(attrs={"list": "bucket-names", "autocomplete": "off", "spellcheck": "false"}),
    )
    log_prefix = forms.CharField(
        label=_("S3 key prefix"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    @property
    def writes(self) -> bool:
        """Whether output is written to S3."""
        return bool(self.cleaned_data.get("write_logs"))

    def problems(self) -> Iterable[Problem]:
        """Names by the rules of S3; then whether the signed-in account can read the bucket."""
        if not self.writes:
            for name in ("log_bucket", "log_prefix"):
                self.errors.pop(name, None)
            return ()
        # Its true Region is only known once AWS has been asked, which needs a well-formed name.
        assumed = LogStorage(self.given("log_bucket"), settings.AWS_HOME_REGION, self.given("log_prefix"))
        return check_logs(assumed) or self._look_at_bucket()

    def parts(self) -> dict[str, Any]:
        if not self.writes:
            return {"logs": None}
        bucket = self.facts.bucket(self.given("log_bucket"))
        return {"logs": LogStorage(bucket.name, bucket.region, self.given("log_prefix"))}

    @staticmethod
    def answers_for(spec: PolicySpec) -> dict[str, list[str]]:
        if spec.logs is None:
            return {}
        return {"write_logs": [ON], "log_bucket": [spec.logs.bucket], "log_prefix": [spec.logs.prefix]}

    def _look_at_bucket(self) -> tuple[Problem, ...]:
        try:
            bucket = self.facts.bucket(self.given("log_bucket"))
        except BucketGone:
            return (Problem("log_bucket", GONE),)
        except AwsProblem:
            return (Problem("log_bucket", UNTOLD, is_warning=True),)
        return () if bucket.is_readable else (Problem("log_bucket", UNREADABLE),)
