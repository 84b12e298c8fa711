"""Writing the schema and the page of the config from the command line."""

from spatial_mae.cli.describe_config import PAGE, main
from spatial_mae.study.schema import SCHEMA


def test_writes_what_is_in_the_project(tmp_path):
    schema, page = tmp_path / "schema.json", tmp_path / "config.md"
    main(["--schema", str(schema), "--page", str(page)])
    assert (schema.read_text(), page.read_text()) == (SCHEMA.read_text(), PAGE.read_text())
