"""Every fault that the documentation tells of is held by a test that exists."""

from __future__ import annotations

import ast
import re

import pytest

from dashboard.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "reliability.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (?!fault \|)", line)]


@pytest.mark.parametrize("row", ROWS)
def test_a_fault_is_held_by_a_test(row: str) -> None:
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert len(cells) == 4
    assert all(cells[:2])
    named = re.fullmatch(r"`(tests/\w+/test_\w+\.py)::(test_\w+)`", cells[3])
    assert named is not None, cells[3]
    tree = ast.parse((PROJECT_ROOT / named[1]).read_text("utf-8"))
    assert named[2] in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_all_faults_are_told() -> None:
    assert len(ROWS) >= 30
    suite = (PROJECT_ROOT / "tests" / "faults").glob("test_*.py")
    for path in suite:
        assert f"tests/faults/{path.name}::" in PAGE
