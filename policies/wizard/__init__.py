"""Ask: the seven steps of the wizard, their drafts and previews."""
