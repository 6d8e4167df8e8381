"""Stage one, ask: seven steps (steps.py), answers kept in a draft (draft.py), live previews beside the fields."""
