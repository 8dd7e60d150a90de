"""The wheel carries config/, migrations/ and templates/ inside, and what is installed finds them there."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("config", "migrations", "templates")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return next(out.glob("*.whl"))


def tracked(folder: str) -> set[str]:
    """Files of a folder as git sees them; what is only lying about need not travel."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_a_folder_travels(wheel: Path, folder: str) -> None:
    expected = {f"governance/_data/{name}" for name in tracked(folder)}
    assert expected
    assert expected - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_every_module_and_static_file_travels_and_no_test_does(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert tracked("governance") - names == set()
    assert {name for name in names if name.startswith(("tests/", "benchmarks/", ".venv/"))} == set()


def test_the_installed_command_reads_what_the_wheel_brought(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "AIMS_DATA": str(tmp_path / "var")}
    environment.pop("AIMS_CONFIG", None)

    def python(*arguments: str) -> str:
        run = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    found = python(
        "-c",
        "from governance.core import paths\n"
        "for folder in (paths.config_dir(), paths.migrations_dir(), paths.templates_dir()): print(folder)",
    ).split()
    assert found == [str(site / "governance" / "_data" / folder) for folder in FOLDERS]
    assert all(Path(folder).is_dir() for folder in found)
    assert "demo" in python("-m", "governance", "--help")
