"""Every figure that is no metric says how it is computed, in both languages, on one page."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

from dashboard import analytics, studies
from dashboard.analytics.definitions import Definition
from dashboard.ui.how import DEFINITIONS

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_method_page_has_those_of_every_module() -> None:
    modules = [
        importlib.import_module(f"{package.__name__}.{one.name}")
        for package in (analytics, studies)
        for one in pkgutil.iter_modules(package.__path__)
    ]
    told = {one.id for module in modules for one in getattr(module, "DEFINITIONS", ())}
    assert told == {one.id for one in DEFINITIONS}
    assert len(told) == len(DEFINITIONS)


@pytest.mark.parametrize("one", DEFINITIONS, ids=lambda one: one.id)
def test_a_definition_is_whole(one: Definition) -> None:
    for text in (one.label, one.note, one.source):
        assert text.zh.strip()
        assert text.en.strip()
        assert not CHINESE.search(text.en)
    assert CHINESE.search(one.note.zh)
    assert one.formula.count("{") == one.formula.count("}")
    assert "$" not in one.formula
