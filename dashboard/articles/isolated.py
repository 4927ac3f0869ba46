"""HTML and PDF are read in a process of their own, which may run out of memory or time.

What comes back is data; whatever happens to the child is one of the `FAULTS`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from dashboard.i18n import Text

SECONDS: Final = 20.0
MEMORY: Final = 1_500 * 2**20
MAX_ANSWER: Final = 32 * 2**20
MAX_PAGES: Final = 300
MAX_LINE: Final = 200_000
"""Characters of a line: what is longer was never written as one, and takes all that follow long."""

FAULTS: Final[Mapping[str, Text]] = {
    "broken": Text(
        "檔案已損壞，讀不出內容；請重新下載，或改給文字檔",
        "the file is damaged and cannot be read; fetch it anew or give its text",
    ),
    "encrypted": Text(
        "PDF 設有密碼；請先另存一份沒有密碼的",
        "the PDF is protected by a password; save it without one first",
    ),
    "scanned": Text(
        "PDF 裡沒有文字，可能是掃描的圖；請先做文字辨識（OCR），或改給文字檔",
        "the PDF has no text, it may be a scan; recognise its text (OCR) first or give it as text",
    ),
    "pages": Text(
        f"PDF 超過 {MAX_PAGES} 頁；請只給文章所在的那幾頁",
        f"the PDF has more than {MAX_PAGES} pages; give only those of the article",
    ),
    "memory": Text(
        "讀這個檔案要用的記憶體超過上限；請改給文字檔",
        "reading the file takes more memory than allowed; give its text instead",
    ),
    "time": Text(
        f"{SECONDS:.0f} 秒內讀不完這個檔案；請改給文字檔",
        f"the file cannot be read within {SECONDS:.0f} seconds; give its text instead",
    ),
    "line": Text(
        f"有一行超過 {MAX_LINE:,} 個字，不像一篇文章；請只給文章本身，並分行",
        f"a line has more than {MAX_LINE:,} characters; give only the article, in lines",
    ),
    "size": Text(
        "檔案裡的文字太多，不像一篇文章；請只給文章本身",
        "the file holds too much text for one article; give only the article",
    ),
}


@dataclass(frozen=True)
class Extracted:
    """What a page or a PDF says: the article's lines first, below them what else stands there.

    Attributes
    ----------
    article : how many of the lines are the article's
    title, publisher, url : empty where unknown
    stated, inferred : dates the file's own data give, ISO or empty
    """

    lines: tuple[str, ...]
    article: int
    title: str = ""
    publisher: str = ""
    url: str = ""
    stated: str = ""
    inferred: str = ""


class Refused(Exception):
    """The content cannot be read, for one of the `FAULTS`."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(fault)


Form = Literal["html", "pdf"]


def extract(
    form: Form, content: bytes, *, seconds: float = SECONDS, memory: int = MEMORY
) -> Extracted:
    """Read a page (as UTF-8) or a PDF in a child of bounded memory and time.

    Raises
    ------
    Refused
        If it cannot be read so.
    """
    command = (
        sys.executable,
        "-c",
        "from dashboard.articles.isolated import child; child()",
        form,
        str(memory),
    )
    # Nothing of the parent's environment, keys of services among it, is any business of the child.
    environment = {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)]),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        "PATH": os.environ.get("PATH", ""),
    }
    try:
        done = subprocess.run(
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused("time") from None
    except OSError:
        raise Refused("memory") from None
    return _answer(done.stdout)


def _answer(output: bytes) -> Extracted:
    if len(output) > MAX_ANSWER:
        raise Refused("size")
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError:  # nothing, or the beginning of an answer: it died
        raise Refused("broken") from None
    if "fault" in answer:
        raise Refused(str(answer["fault"]))
    return Extracted(**{**answer, "lines": tuple(answer["lines"])})


def child() -> None:
    """Read standard input as the arguments say, and answer on standard output."""
    form, memory = sys.argv[1:3]
    _limit(int(memory))
    content = sys.stdin.buffer.read()
    try:
        answer = asdict(_read(form, content))
    except Refused as refused:
        answer = {"fault": refused.fault}
    except (MemoryError, RecursionError):
        answer = {"fault": "memory"}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    # Not by the usual way out: freeing what a bomb left behind can take longer than reading it.
    os._exit(0)


def _read(form: str, content: bytes) -> Extracted:
    if form == "pdf":
        from dashboard.articles.pdf import read_pdf

        return read_pdf(content)
    from dashboard.articles.html import read_page

    return read_page(content.decode("utf-8", "replace"))


def _limit(memory: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):
        return  # a system without such limits; the time is still bounded
