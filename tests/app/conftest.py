"""States of the data, each built once, and caches that never leak into the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import streamlit as st

from tests.app import states
from tests.app.states import State

Make = Callable[[str], State]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Make:
    """A state by name; built at its first use."""
    built: dict[str, State] = {}

    def state(name: str) -> State:
        if name not in built:
            folder = tmp_path_factory.mktemp(name)
            if name == "real":
                built[name] = states.real(folder, request.getfixturevalue("real_data"))
            else:
                built[name] = states.MADE[name](folder)
        return built[name]

    return state


def entered(state: State) -> Iterator[State]:
    """The process reads this state, with empty caches."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in state.environment.items():
            patch.setenv(name, value)
        st.cache_data.clear()
        st.cache_resource.clear()
        yield state
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def state(request: pytest.FixtureRequest, make: Make) -> Iterator[State]:
    """The state that the test is parametrised with (indirectly)."""
    yield from entered(make(request.param))
