"""Every error this package raises on purpose.

::

    DashboardError            its text is one sentence for a person: what, where, how to mend
    ├── InputError            an argument or a file the user gave
    │   ├── MapError          faults of tickers.yaml, all of them (`.faults`)
    │   ├── ScreenError       an expression of the screener (`.start`, `.end`: where)
    │   ├── ArticleError      an article that cannot be read
    │   ├── ProposalError     lines of a proposal that cannot be accepted
    │   ├── NameTaken         the person has another thing of this name
    │   └── BackupError       faults of a back-up of the accounts, all of them (`.faults`)
    ├── PanelError            arrays that do not fit each other
    ├── StoreError            the price store cannot be read or written
    │   ├── StoreConflict     a write lost its race too often
    │   └── StoreDamaged      files of the store are not as they were written: `repair`
    ├── AccountsError         the accounts' database cannot be opened, read or written
    │   ├── NotFound          no such list, screen, alert …, or it is another person's
    │   └── ChangedElsewhere  saved by someone else meanwhile (`.mine`, `.theirs`)
    ├── SignInError           nobody is signed in, or sign-in is set up in a way that cannot work
    ├── RefreshRunning        another writer holds the store
    └── ProviderError         a source did not deliver (`.symbol`)
        ├── UnknownSymbol     the source does not know the symbol, or has no prices of it
        ├── RateLimited       the source asks us to stop: the whole run ends
        ├── SourceUnavailable network, TLS, 5xx
        │   └── SourceClosed  the site turned us away: not asked again today
        ├── DeadlineExceeded  no answer in time
        ├── BadAnswer         HTML, truncated, or not of the documented form
        │   └── Garbled       cut short or no data at all: asking again may help
        └── WrongSymbol       the answer is about another symbol or currency

Foreign exceptions are translated in the one module that talks to their library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.i18n import Language, Text
    from dashboard.supply_chain.faults import Fault


class DashboardError(Exception):
    """Base of all; the message is shown to the user as it is."""

    def told(self, language: Language) -> str:
        """The message in a language, where it is known in that; else in English."""
        return str(self)


class InputError(DashboardError):
    """What the user gave cannot be used."""


class ScreenError(InputError):
    """An expression cannot be read or makes no sense; `start` and `end` count from 0."""

    def __init__(self, reason: Text, start: int, end: int) -> None:
        self.start, self.end = start, end
        # It may cite the text, in which a line break or worse can stand.
        zh, en = ("".join(s if s.isprintable() else " " for s in one) for one in reason)
        self._zh = f"第 {start + 1} 個字元：{zh}"
        super().__init__(f"at character {start + 1}: {en}")

    def told(self, language: Language) -> str:
        return self._zh if language == "zh" else str(self)


class MapError(InputError):
    """The map has faults that leave nothing to work with."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ArticleError(InputError):
    """An article cannot be read; `where` names its file or address, or is empty."""

    def __init__(self, where: str, reason: Text) -> None:
        # Names of files and addresses are whatever somebody gave, line breaks included.
        shown = "".join(s if s.isprintable() else " " for s in where[:200])
        self._zh = f"{shown}：{reason.zh}" if shown else reason.zh
        super().__init__(f"{shown}: {reason.en}" if shown else reason.en)

    def told(self, language: Language) -> str:
        return self._zh if language == "zh" else str(self)


class NameTaken(InputError):
    """The person has another thing of this name."""


class BackupError(InputError):
    """A back-up cannot be taken in; nothing of it was."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class ProposalError(InputError):
    """Lines of a proposal cannot be accepted; the map is as it was."""

    def __init__(self, reason: Text) -> None:
        # It may cite the article, the map or what somebody typed.
        zh, en = ("".join(s if s.isprintable() else " " for s in one) for one in reason)
        self._zh = zh
        super().__init__(en)

    def told(self, language: Language) -> str:
        return self._zh if language == "zh" else str(self)


class PanelError(DashboardError):
    """Arrays of a panel do not fit each other."""


class StoreError(DashboardError):
    """The price store cannot be read or written."""


class StoreConflict(StoreError):
    """Another writer won every race."""


class StoreDamaged(StoreError):
    """Files of the store are not as they were written; `repair` keeps what is intact."""

    def __init__(self, address: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"{address}: the price store is damaged ({reason}); "
            "mend it with: python -m dashboard repair"
        )


class AccountsError(DashboardError):
    """The accounts' database cannot be opened, read or written."""


class NotFound(AccountsError):
    """There is no such thing among the person's own."""


class ChangedElsewhere(AccountsError):
    """Someone else saved it after it was read; nothing was overwritten.

    Attributes
    ----------
    mine, theirs : models.Watchlist, SavedScreen, Alert, Channel or Preferences
        What was to be saved, and what is stored now.
    """

    def __init__(self, mine: object, theirs: object) -> None:
        self.mine = mine
        self.theirs = theirs
        name = getattr(mine, "name", "the settings")
        super().__init__(
            f"{name}: changed elsewhere since it was read here; "
            "keep one of the two or bring them together"
        )


class SignInError(DashboardError):
    """Nobody is signed in where somebody must be, or sign-in cannot work as it is set up."""


class RefreshRunning(DashboardError):
    """Another writer holds the store."""


class ProviderError(DashboardError):
    """A source did not deliver one symbol."""

    def __init__(self, symbol: str, reason: str) -> None:
        self.symbol = symbol
        self.reason = reason
        super().__init__(f"{symbol}: {reason}")


class UnknownSymbol(ProviderError):
    """The source does not know the symbol."""


class RateLimited(ProviderError):
    """The source asks us to stop."""


class SourceUnavailable(ProviderError):
    """The source cannot be reached or fails."""


class SourceClosed(SourceUnavailable):
    """The site turned us away; it is not asked again on that day."""


class DeadlineExceeded(ProviderError):
    """The source did not answer in time."""


class BadAnswer(ProviderError):
    """The answer is not of the documented form."""


class Garbled(BadAnswer):
    """The answer is cut short or no data at all; asking again may help."""


class WrongSymbol(ProviderError):
    """The answer is about another symbol or currency."""
