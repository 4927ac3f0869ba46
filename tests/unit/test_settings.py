from pathlib import Path

import pytest

from dashboard.errors import InputError
from dashboard.settings import DATA_DIR_VARIABLE, MAP_VARIABLE, Settings


def test_the_users_home_is_written_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(DATA_DIR_VARIABLE, "~/prices")
    monkeypatch.setenv(MAP_VARIABLE, "~/map.yaml")
    settings = Settings()
    assert settings.data_dir == str(tmp_path / "prices")
    assert settings.map_path == tmp_path / "map.yaml"
    assert Settings("s3://bucket/~x").data_dir == "s3://bucket/~x"
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


@pytest.mark.parametrize("address", ["", " "])
def test_an_empty_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=DATA_DIR_VARIABLE):
        Settings(address)


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    default = Settings()
    monkeypatch.setenv(DATA_DIR_VARIABLE, "")
    assert Settings() == default
