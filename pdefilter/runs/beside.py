"""Files that are written beside outputs, such as films: their names, checked before anything."""

import os
from collections.abc import Callable, Sequence

from pdefilter.errors import CallError
from pdefilter.runs.inputs import Source
from pdefilter.runs.naming import by_template, is_template
from pdefilter.runs.plan import Job


def named_beside(
    jobs: Sequence[Job],
    option: str,
    target: str,
    require: Callable[[str], None],
    *,
    example: str,
    noun: str,
) -> list[str]:
    """Name a file beside the output of every job.

    Parameters
    ----------
    jobs : sequence of Job
        A plan.
    option : str
        The option that names the file, or has a template of names.
    target : str
        What it gives.
    require : callable
        Refuses names that nothing can be written to.
    example : str
        A template, for a message.
    noun : str
        The word for such a file.

    Raises
    ------
    CallError
        If several would have one name, or a name is taken.
    """
    templated = is_template(target)
    if len(jobs) > 1 and not templated:
        raise CallError(
            f"{option} {target}: several inputs need names of their own; give a template such as "
            f"{option} '{example}'"
        )
    naming = by_template(target) if templated else None
    names = [
        naming(Source(job.source, job.source_name), job.index) if naming else target for job in jobs
    ]
    require_free(jobs, option, names, require, noun=noun)
    return names


def require_free(
    jobs: Sequence[Job],
    option: str,
    names: Sequence[str],
    require: Callable[[str], None],
    *,
    noun: str,
) -> None:
    """Refuse names of files beside outputs that are names of other files too.

    The parameters and errors are as of `named_beside`.
    """
    files = (file for job in jobs for file in (job.source, job.target, job.film) if file)
    taken = {os.path.realpath(file) for file in files}
    for name in names:
        require(name)
        if (path := os.path.realpath(name)) in taken:
            raise CallError(
                f"{option} {name}: is an input, an output or another {noun}; give another name"
            )
        taken.add(path)
