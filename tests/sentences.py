"""The sentences about files in the source of the package."""

import ast
import re
from pathlib import Path

import pdefilter
from pdefilter.images.formats import FORMATS

IMAGES = sorted((Path(pdefilter.__file__).parent / "images").rglob("*.py"))

# Texts whose gap is the name of a format.
NAMED_BELOW = {"is a broken ", "cannot be stored as "}


def templates():
    """Make a pattern of each text in the package; its gaps stand for names and numbers."""
    for path in IMAGES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(part.value) if isinstance(part, ast.Constant) else ".*?"
                    for part in node.values
                ]
                words = "".join(p.value for p in node.values if isinstance(p, ast.Constant))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts, words = [re.escape(node.value)], node.value
            else:
                continue
            # A gap with hardly any words would match every sentence.
            if len(re.findall(r"[a-z]{2,}", words)) >= 2 and words not in NAMED_BELOW:
                yield "".join(parts)


SENTENCE = re.compile(
    "|".join(
        [
            *sorted(set(templates())),
            rf"is a broken (?:{'|'.join(known.name for known in FORMATS)}); get an intact copy",
            rf"cannot be stored as (?:{'|'.join(known.name for known in FORMATS)}); "
            "write another format",
        ]
    )
)
WRAPPED = re.compile(
    r"(.*?)(?:; get an intact copy, or give --lenient to keep the rest"
    r"|; what can be decoded was kept)"
)


def is_ours(sentence):
    wrapped = WRAPPED.fullmatch(sentence)
    return bool(SENTENCE.fullmatch(wrapped[1] if wrapped else sentence))
