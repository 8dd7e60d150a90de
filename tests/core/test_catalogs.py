"""A wrong catalogue says file, line, key and reason; a right one has one hash however it is laid out."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from governance import rooms
from governance.core import catalogs, paths
from governance.core.catalogs import CatalogError, read

# What these show is a rule, not a speed: a busy machine must not fail them.

rooms.open_all()


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    books: tuple[dict[str, int], ...] = ()
    rules: dict[str, float] = {}


RIGHT = """\
# A comment
name: upper
books:
  - {pages: 12}
  - pages: 30
rules:
  limit: 0.5
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "shelf.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_right_file_becomes_a_frozen_model_with_its_hash(written):
    found = read(written(RIGHT), Shelf)
    assert found.file == "shelf.yaml"
    assert found.value.books[1]["pages"] == 30
    assert len(found.hash) == 64
    with pytest.raises(ValidationError):
        found.value.name = "lower"


def test_comments_order_and_layout_do_not_change_the_hash_but_content_does(written):
    first = read(written(RIGHT), Shelf).hash
    shuffled = 'rules: {limit: 0.5}\n\nbooks: [{pages: 12}, {pages: 30}]\nname: "upper"\n'
    assert read(written(shuffled), Shelf).hash == first
    assert read(written(RIGHT.replace("30", "31")), Shelf).hash != first
    assert read(written(RIGHT.replace("0.5", "0.25")), Shelf).hash != first


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: upper\n", "", "shelf.yaml, line 2, name: Field required"),
        ("pages: 30", "pages: many", "shelf.yaml, line 5, books.1.pages: Input should be a valid integer"),
        ("limit: 0.5", "limit: [1]", "shelf.yaml, line 7, rules.limit: Input should be a valid number"),
        (
            "name: upper",
            "name: upper\ncolour: red",
            "shelf.yaml, line 3, colour: Extra inputs are not permitted",
        ),
        ("limit: 0.5", "limit: 0.5\n  limit: 0.6", "shelf.yaml, line 8, rules.limit: stands here twice"),
        ("- {pages: 12}", "- {pages: 12, pages: 13}", "shelf.yaml, line 4, books.0.pages: stands here twice"),
        ("name: upper", "name: [upper", "is not YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_line_key_and_reason(written, old, new, says):
    with pytest.raises(CatalogError) as refused:
        read(written(RIGHT.replace(old, new)), Shelf)
    assert says in str(refused.value)


def test_every_mistake_is_named_at_once(written):
    with pytest.raises(CatalogError) as refused:
        read(written(RIGHT.replace("12", "few").replace("30", "many")), Shelf)
    assert "line 4" in str(refused.value) and "line 5" in str(refused.value)


def test_a_missing_or_empty_file_is_refused(written, tmp_path):
    with pytest.raises(CatalogError, match=r"absent\.yaml: cannot be read"):
        read(tmp_path / "absent.yaml", Shelf)
    with pytest.raises(CatalogError, match=r"shelf\.yaml, line 1, the file"):
        read(written(""), Shelf)


@given(
    st.dictionaries(st.text("abc", min_size=1), st.floats(allow_nan=False, allow_infinity=False), max_size=5)
)
def test_numbers_of_every_size_have_a_hash(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("shelves") / "shelf.yaml"
    path.write_text(yaml.safe_dump({"name": "upper", "rules": numbers}), encoding="utf-8")
    assert read(path, Shelf).hash == read(path, Shelf).hash


def test_all_declared_catalogues_load_and_every_file_belongs_to_one():
    catalogs.load_all()
    owned = {
        "audit_checklists.yaml", "audit_programme.yaml", "consultation.yaml", "eu_ai_act_wizard.yaml", "frameworks/iso42001.yaml",
        "frameworks/crosswalk.yaml", "frameworks/eu_ai_act.yaml", "frameworks/nist_ai_rmf.yaml",
        "lifecycle.yaml", "risk.yaml", "roles.yaml", "signoffs.yaml", "values.yaml", "competence.yaml", "contexts.yaml",
        "impact_assessment.yaml", "improvement.yaml", "incidents.yaml", "indicators.yaml", "notifications.yaml", "third_parties.yaml",
    }  # fmt: skip
    folder = paths.config_dir()
    found = {
        str(path.relative_to(folder)) for path in folder.rglob("*.yaml") if path.parent.name != "imports"
    }
    assert found == owned


def test_an_organisation_may_point_to_a_folder_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("AIMS_CONFIG", str(tmp_path))
    assert paths.config_dir() == tmp_path
    with pytest.raises(CatalogError, match="cannot be read"):
        catalogs.catalog("risk.yaml", Shelf)
