"""A test's docstring as `tickers.yaml`: `# !` marks the lines that must have a fault."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from textwrap import dedent

from dashboard.supply_chain.loading import LoadedMap, load_map

SOUND = {
    "documents": """\
documents:
  - id: report
    title: {zh: 報告, en: Report}
    publisher: {zh: 某報, en: A paper}
    date: 2025-08
    date_basis: inferred
    file: 003.txt
    sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    line_count: 20
    digest_from: 15
""",
    "stages": """\
stages:
  - {id: wafer_fab, name: {zh: 晶圓製造, en: Wafer fabrication}}
  - {id: server, name: {zh: 伺服器, en: Servers}}
""",
    "layers": """\
layers:
  - id: foundry
    stage: wafer_fab
    name: {zh: 晶圓代工, en: Foundry}
    bottleneck: chips
    definition: {zh: 替他人製造, en: Makes wafers for others}
  - id: cooling
    stage: server
    name: {zh: 散熱, en: Cooling}
    bottleneck: cooling
    definition: {zh: 液冷, en: Liquid cooling}
""",
    "companies": """\
companies:
  - key: tsmc
    name: {zh: 台積電, en: TSMC}
    status: listed
    listings:
      - {symbol: 2330.TW, board: TWSE}
    memberships:
      - layer: foundry
        primary: true
        role: {zh: 代工, en: Foundry}
        stance: beneficiary
        kind: core
        evidence:
          - {document: report, lines: 12, claim: {zh: 領先, en: Leads}}
  - key: kaori
    name: {zh: 高力, en: Kaori}
    status: listed
    listings:
      - {symbol: 8996.TW, board: TWSE}
    mentions:
      - {document: report, lines: 13, claim: {zh: 液冷, en: Liquid cooling}}
""",
    "relations": "relations: []\n",
    "events": "events: []\n",
}


def map_text(own: str) -> str:
    """`own` after the sound sections that it does not write itself."""
    own = dedent(own).strip("\n") + "\n"
    written = set(re.findall(r"^(\w+):", own, re.MULTILINE))
    return "".join(text for name, text in SOUND.items() if name not in written) + own


def load_text(text: str, folder: Path) -> LoadedMap:
    path = folder / "tickers.yaml"
    path.write_text(text, "utf-8")
    return load_map(path)


def load_docstring(test: object, folder: Path) -> LoadedMap:
    """Load the test's docstring and hold its faults against the marked lines."""
    text = map_text(inspect.getdoc(test) or "")
    loaded = load_text(text, folder)
    marked = [n for n, line in enumerate(text.split("\n"), 1) if line.rstrip().endswith("# !")]
    found = sorted({fault.line for fault in loaded.faults})
    assert found == marked, "\n".join(str(fault) for fault in loaded.faults)
    return loaded
