"""A person's saved screens."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from dashboard.accounts import limits
from dashboard.accounts.documents import from_document, to_document
from dashboard.accounts.models import SavedScreen
from dashboard.accounts.shelf import Shelf, now
from dashboard.accounts.tables import DeletionRow, ScreenRow


class Screens(Shelf[ScreenRow, SavedScreen]):
    """One person's saved screens."""

    noun: ClassVar[str] = "screen"
    most: ClassVar[int] = limits.SCREENS
    row: ClassVar[type[Any]] = ScreenRow

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
        fresh = SavedScreen(0, name, 1, expression, universe, tuple(columns), sort, now())
        checked = self._checked(fresh)
        return self._database.change(lambda session: self._item(self._added(session, checked)))

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

    def _parting(self, session: Session, row: ScreenRow) -> dict[str, Any]:
        return to_document(self._item(row))

    def _restored(self, session: Session, deletion: DeletionRow) -> SavedScreen:
        item = from_document(SavedScreen, deletion.payload)
        item = dataclasses.replace(item, name=self._free_name(session, item.name))
        return self._item(self._added(session, item, identity=item.id))
