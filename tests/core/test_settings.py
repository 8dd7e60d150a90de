"""The organisation's name: from the environment, else from the data folder, where the demonstration leaves it."""

from pathlib import Path

import pytest

from governance.core.settings import Settings, SettingsError, keep_name, load
from governance.demo_people import ORGANISATION


def named(folder: Path, **environ: str) -> str:
    return load({"AIMS_DATA": str(folder), **environ}).organisation


def test_the_environment_goes_before_the_name_in_the_data_folder(tmp_path: Path) -> None:
    assert named(tmp_path) == "This organisation"
    keep_name(tmp_path / "new", "Sankt Élin")
    assert named(tmp_path / "new") == named(tmp_path / "new", AIMS_ORGANISATION="") == "Sankt Élin"
    assert named(tmp_path / "new", AIMS_ORGANISATION="Test House") == "Test House"


@pytest.mark.parametrize("content", [b"Two\nlines", b"\xff\xfe", b"x" * 201])
def test_a_name_that_is_none_stops_the_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "organisation.txt").write_bytes(content)
    with pytest.raises(SettingsError, match=r"organisation\.txt"):
        named(tmp_path)
    assert named(tmp_path, AIMS_ORGANISATION="Test House") == "Test House"


def test_the_demonstration_has_its_name_without_the_environment(demo_settings: Settings) -> None:
    assert named(demo_settings.data_dir) == ORGANISATION
