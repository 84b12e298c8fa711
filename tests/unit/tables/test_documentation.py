"""docs/tables.md is what the declarations say."""

from spatial_mae.study.measurements import KINDS
from spatial_mae.tables import documentation


def test_the_page_is_up_to_date(project):
    fix = "run python -m spatial_mae.tables.documentation docs/tables.md"
    assert (project / "docs/tables.md").read_text() == documentation.document(), fix


def test_the_page_is_written_with_every_kind(tmp_path):
    documentation.main([str(tmp_path / "tables.md")])
    page = (tmp_path / "tables.md").read_text()
    assert all(f"\n## {kind}\n" in page for kind in KINDS)
    assert "| `power` | power of \\|J\\| |" in page and "| `power` | power |" in page
