"""The curve of a training as a picture."""

import io
from pathlib import Path

from pdefilter.learn.training import Training
from pdefilter.learn.writing import write_file


def curve_of(output: Path) -> Path:
    """Name the picture of a model's curve."""
    return output.with_name(output.name + ".png")


def write_curve(path: Path, training: Training) -> None:
    """Draw the loss and the validation's figures over the iterations, as PNG.

    Raises
    ------
    CallError
        If it cannot be written.
    """
    from matplotlib.figure import Figure

    records = training.records
    figure = Figure(figsize=(10, 4.5))
    left, right = figure.subplots(1, 2)
    iterations = [record.iteration for record in records]
    left.plot(iterations, [record.loss for record in records], color="black")
    left.set(xlabel="iterations", title="loss, running mean")
    for name in records[-1].figures:
        right.plot(iterations, [record.figures[name] for record in records], label=name)
    right.set(xlabel="iterations", title=f"validation, {training.task.measured}")
    right.legend()
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=120)
    write_file(stream.getvalue(), path)
