"""The name of a trained network, as an option."""


def require_name(model: object) -> None:
    """Refuse what is not a name.

    Raises
    ------
    ValueError
        If it is not text.
    """
    if not isinstance(model, str):
        raise ValueError(f"{model!r} is not the name of a network or of a file")  # noqa: TRY004
