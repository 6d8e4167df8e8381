"""What the Info links beside headings open: what the thing means, what AWS does, and where to read more.

A topic is text alone, kept by the stage whose pages it explains; `topics.py` finds one, `views.py` shows it.
"""
