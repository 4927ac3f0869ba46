"""A person's saved screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.models import SavedScreen
from dashboard.accounts.shelf import Shelf, now
from dashboard.accounts.tables import ScreenRow


class Screens(Shelf[ScreenRow, SavedScreen]):
    """One person's saved screens."""

    noun: ClassVar[str] = "screen"
    most: ClassVar[int] = limits.SCREENS
    row: ClassVar[type[Any]] = ScreenRow
    model: ClassVar[type[Any]] = SavedScreen

    def create(
        self,
        name: str,
        expression: str,
        *,
        universe: str = "map",
        columns: Sequence[str] = (),
        sort: str = "",
    ) -> SavedScreen:
        """A new saved screen; `NameTaken` if the person has one of this name."""
        return self._create(
            SavedScreen(0, name, 1, expression, universe, tuple(columns), sort, now())
        )

    def _item(self, row: ScreenRow) -> SavedScreen:
        return SavedScreen(
            id=row.id,
            name=row.name,
            version=row.version,
            expression=row.expression,
            universe=row.universe,
            columns=row.columns,
            sort=row.sort,
            updated_at=row.updated_at,
        )

    def _checked(self, item: SavedScreen) -> SavedScreen:
        return limits.screen(item)

    def _fill(self, session: Session, row: ScreenRow, item: SavedScreen) -> None:
        row.name = item.name
        row.expression = item.expression
        row.universe = item.universe
        row.columns = item.columns
        row.sort = item.sort
