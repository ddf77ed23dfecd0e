"""Listening to a Hydra that runs beside this program: its verdicts are heard, kept and shown beside ours."""
