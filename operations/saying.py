"""A job's log, which is its output."""


def say(text: str) -> None:
    """A line of it, at once: whoever follows a Job's log waits for it."""
    print(text, flush=True)  # noqa: T201 - a job's log is its output
