import inspect
import typing

import pytest

from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of


@pytest.mark.parametrize("name", FILTERS)
def test_every_parameter_is_an_option_and_is_explained(name):
    filter_ = FILTERS[name]
    options = parameters_of(filter_)
    keywords = [
        parameter.name
        for parameter in inspect.signature(filter_).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    assert [option.name for option in options] == keywords
    documentation = inspect.getdoc(filter_)
    for option in options:
        assert f"\n{option.name} : " in documentation
        assert option.option.help.endswith(".")


@pytest.mark.parametrize("name", FILTERS)
def test_docstrings_have_the_sections_of_numpy(name):
    documentation = inspect.getdoc(FILTERS[name])
    for section in ("Parameters", "Returns", "Raises", "References"):
        assert f"\n{section}\n{'-' * len(section)}\n" in documentation


@pytest.mark.parametrize("name", FILTERS)
def test_defaults_are_values_that_their_options_take(name):
    for parameter in parameters_of(FILTERS[name]):
        checked = parameter.option.checked(parameter.name, parameter.kinds, parameter.default)
        assert checked == parameter.default


@pytest.mark.parametrize("name", FILTERS)
def test_choices_are_the_literals_of_their_types(name):
    signature = inspect.signature(FILTERS[name])
    for parameter in parameters_of(FILTERS[name]):
        if parameter.option.choices is not None:
            annotation = signature.parameters[parameter.name].annotation.__origin__
            assert set(_words(annotation)) == set(parameter.option.choices)


def _words(annotation):
    if typing.get_origin(annotation) is typing.Literal:
        return typing.get_args(annotation)
    return [word for member in typing.get_args(annotation) for word in _words(member)]
