"""The entry point on small tables: every statement in the output, strict JSON, one summary."""

import json

import pytest

from spatial_mae.cli.judge_claims import main
from spatial_mae.files import write_rows
from spatial_mae.papers.statements import statements


def run(folder, *flags):
    outputs = {"--json": "claims.json", "--markdown": "claims.md", "--record": "record.json"}
    paths = [text for flag, name in outputs.items() for text in (flag, str(folder / name))]
    main(["--study", "tiny", *flags, *paths])
    return json.loads((folder / "claims.json").read_text(), parse_constant=pytest.fail)


def losses(folder, name, patch):
    rows = [
        {
            "dataset": "leaves",
            "patch": patch,
            "n_images": 50,
            "pixels": "lossless",
            "model": "mae",
            "mask_ratio": m,
            "n_latents": 4,
            "loss": 0.1 + m,
        }
        for m in (0.25, 0.75)
    ]
    write_rows(folder / name, rows)
    return f"losses={folder / name}"


def test_all_claims_are_written(tmp_path, capsys):
    tables = [losses(tmp_path, "a.csv", 2), losses(tmp_path, "b.csv", 4)]
    claims = run(tmp_path, "--table", *tables)
    assert len(claims) == len(statements())
    (found,) = [claim for claim in claims if claim["id"] == "recon.mono"]
    assert found["verdict"] == "holds"
    assert found["evidence"]["settings"] == 2
    assert found["n"] == 50
    assert found["data"] == "leaves (n = 50; lossless)"
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 5  # three sources and the project, and what holds
    assert "recon.mono" in printed[1]
    assert "| recon.mono |" in (tmp_path / "claims.md").read_text()
    assert json.loads((tmp_path / "record.json").read_text())["inputs"]


def test_the_flag_may_be_repeated(tmp_path):
    first, second = losses(tmp_path, "a.csv", 2), losses(tmp_path, "b.csv", 4)
    assert run(tmp_path, "--table", first, "--table", second) == run(
        tmp_path, "--table", first, second
    )


def test_an_unknown_kind_names_the_nearest_and_writes_nothing(tmp_path):
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(ValueError, match="did you mean 'losses'"):
        run(tmp_path, "--table", f"loses={tmp_path / 'a.csv'}")
    assert not (tmp_path / "claims.json").exists()


@pytest.mark.parametrize("text", ["losses", "=a.csv", "losses="])
def test_a_table_without_kind_or_path_is_refused(tmp_path, text):
    with pytest.raises(SystemExit):
        run(tmp_path, "--table", text)
