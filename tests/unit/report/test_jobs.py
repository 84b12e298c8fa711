from spatial_mae.report.jobs import by_rule, provenance, read_records, rule_of


def test_reads_records_of_this_study_and_of_shared_runs(study):
    rules = [rule_of(record) for record in read_records(study, "mini")]
    assert sorted(rules) == ["prepare_dataset", "solve_linear", "solve_linear"]
    assert "judge_claims" in [rule_of(record) for record in read_records(study, "other")]


def test_a_json_file_that_is_no_record_is_passed_over(study):
    (study / "linear" / "three.record.json").write_text("[1, 2]")
    assert len(read_records(study, "mini")) == 3


def test_sums_by_rule(study):
    rows = by_rule(read_records(study, "mini"))
    assert rows[1] == {"rule": "solve_linear", "jobs": 2, "seconds": 3.0, "memory": 2**20}


def test_the_command_is_quoted_for_a_shell(study):
    records = read_records(study, "mini")
    own = records[0] | {"command": ["spatial_mae", "/my files/cli/write_report.py"]}
    assert provenance(records, own)["command"] == "spatial_mae '/my files/cli/write_report.py'"
