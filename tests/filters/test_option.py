import inspect

import pytest

from pdefilter.filters import FILTERS
from pdefilter.filters.option import parameters_of


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
