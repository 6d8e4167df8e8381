"""Performance figures, each one command: `python -m bench.sandbox_pages`, `python -m bench.sandbox_sweep`, ..."""
