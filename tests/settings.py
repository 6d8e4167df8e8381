"""The portal's settings in test dress: the environment and AWS account of who runs them stay out."""

from __future__ import annotations

import os

for name in list(os.environ):
    if name.startswith(("PATCHPORTAL_", "AWS_")) or name in ("REDIS_URL", "LANGUAGE"):
        del os.environ[name]
os.environ.update(
    PATCHPORTAL_PLAIN_HTTP="true",
    PATCHPORTAL_HOSTS="testserver,localhost,127.0.0.1",
    # Nothing listens there, and the connection refuses every other address: no test can reach AWS.
    PATCHPORTAL_AWS_ENDPOINT="http://127.0.0.1:1",
    PATCHPORTAL_EXTERNAL_ID="patchportal-demo",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)

from patchportal.settings import *  # noqa: E402, F403 - the environment comes first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
