"""What is true: the rules and words of patch policies in plain Python. No Django, no AWS, no clock, no I/O."""
