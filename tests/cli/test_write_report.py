import yaml

from spatial_mae.cli.write_report import main
from spatial_mae.files import read_json, write_json


def test_writes_page_and_record(tmp_path):
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"study": "mini", "experiments": []}))
    claim = {"id": "T1", "source": "001", "quote": "a quote", "verdict": "holds", "n": None}
    claim |= {"scale": "", "role": "finding", "sentence": ""}
    claim |= {"conditions": "", "evidence": {"error": 0.0}, "data": "", "figure": None}
    write_json(tmp_path / "claims.json", [claim])
    main(
        [
            "--study=mini",
            f"--config={tmp_path / 'config.yaml'}",
            f"--figures={tmp_path / 'figures'}",
            "--figure-names",
            f"--claims={tmp_path / 'claims.json'}",
            f"--records-root={tmp_path}",
            f"--report={tmp_path / 'report.html'}",
            f"--record={tmp_path / 'report.record.json'}",
        ]
    )
    text = (tmp_path / "report.html").read_text()
    assert text.startswith("<!doctype html>")
    assert "a quote" in text
    assert "No experiment of this study reads images." in text
    assert str(tmp_path / "claims.json") in read_json(tmp_path / "report.record.json")["inputs"]
