import re
from html.parser import HTMLParser

import pytest

from spatial_mae.claims.verdict import VERDICTS
from spatial_mae.files import read_json, write_json
from spatial_mae.report import page

OWN = {
    "command": ["spatial_mae", "/x/cli/write_report.py"],
    "seed": 0,
    "started": "2025-02-02T00:00:00Z",
    "commit": None,
    "dirty": None,
    "commit_unknown": "no git",
    "python": "3.11.2",
    "versions": {"numpy": "2.4.1"},
    "host": "box",
    "device": "cpu",
}
VOID = {"meta", "link", "img", "input", "br"}


def compose(study, figures=("taylor",)):
    mini = study / "mini"
    files = (mini / "config.yaml", mini / "figures", figures, mini / "claims.json")
    return page.compose("mini", *files, study, OWN)


class Checker(HTMLParser):
    """Collects resources and ids, and checks that tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched, self.ids, self.anchors, self.unlabelled = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag != "a":
            self.fetched += [found[key] for key in ("src", "href") if key in found]
        elif found["href"].startswith("#"):
            self.anchors.append(found["href"][1:])
        if "id" in found:
            self.ids.append(found["id"])
        if (tag == "img" and not found.get("alt")) or (tag == "th" and "scope" not in found):
            self.unlabelled.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def checked(study):
    checker = Checker()
    checker.feed(compose(study))
    return checker


def test_the_page_is_well_formed_and_labelled(checked):
    assert checked.open == []
    assert checked.unlabelled == []
    assert len(checked.ids) == len(set(checked.ids))
    assert set(checked.anchors) <= set(checked.ids)


def test_nothing_is_fetched(study, checked):
    assert checked.fetched
    assert all(address.startswith("data:") for address in checked.fetched)
    assert not re.search(r"url\(|@import|<script|https?://", compose(study))


def test_every_claim_is_there_escaped_and_counted(study):
    text = compose(study)
    for claim in read_json(study / "mini" / "claims.json"):
        assert f'id="claim-{claim["id"]}" data-verdict="{claim["verdict"]}"' in text
    assert "a statement &lt;0&gt; &amp; more" in text
    assert "a statement <0>" not in text
    assert "2 more</summary>" in text
    assert text.count('<span class="sentence">6 of 6 settings as claimed.</span>') == 10


def test_findings_are_counted_and_settings_are_not(study):
    text = compose(study)
    for verdict, (sign, words, _) in VERDICTS.items():
        count = 2 if verdict == "holds" else 1
        assert f'<b>{count}</b> <span><span aria-hidden="true">{sign}</span> {words}' in text


def test_decided_findings_come_first_and_settings_last(study):
    order = re.findall(r'id="claim-claim.(\d)" data-verdict="([^"]+)" role', compose(study))
    assert order == [
        ("1", "holds"),
        ("3", "fails"),
        ("5", "holds-under-conditions"),
        ("7", "holds"),
        ("2", "inconclusive"),
        ("4", "too-small"),
        ("0", "not-run"),
        ("6", "not-testable"),
        ("9", "holds"),
        ("8", "not-run"),
    ]


def test_the_scale_is_in_the_words_and_a_setting_is_marked(study):
    text = compose(study)
    assert text.count("holds at 3 epochs, width 64") == 1
    assert text.count('<span class="role">setting</span>') == 2


def test_a_figure_has_picture_numbers_and_its_command(study):
    text = compose(study)
    assert 'src="data:image/png;base64,iVBOR' in text
    assert "(10 rows)" in text
    config = study / "mini" / "config.yaml"
    target = "--force results/mini/figures/taylor.pdf"
    assert f"snakemake --cores 1 {target} --configfile {config}" in text
    assert "Checks Lemmas 4 and 5" in text


def test_data_sets_jobs_and_provenance(study):
    text = compose(study)
    assert "12,345" in text
    assert "JPEG &lt;4:2:0&gt;" in text
    assert "fewer images than dimensions" in text
    assert "1 unreadable files" in text
    assert "3 jobs, 1 min 43 s" in text
    assert "judge_claims" not in text  # of another study
    assert "<code>abc123</code>, <code>unknown: no git</code>" in text
    assert "numpy 2.4.0 and 2.4.1" in text


def test_a_claims_figure_that_is_not_drawn_is_no_link(study):
    text = compose(study, figures=())
    assert "#figure-taylor" not in text
    assert "figure: taylor" in text


def test_missing_files_name_the_command_that_makes_them(study):
    with pytest.raises(FileNotFoundError, match="run `snakemake --cores 1 .*gabor.pdf` first"):
        compose(study, figures=["gabor"])
    (study / "data" / "leaves" / "manifest.json").unlink()
    with pytest.raises(FileNotFoundError, match="run `snakemake --cores all data` first"):
        compose(study)


def test_an_unknown_verdict_is_an_error(study):
    path = study / "mini" / "claims.json"
    write_json(path, [read_json(path)[0] | {"verdict": "maybe"}])
    with pytest.raises(ValueError, match="verdict 'maybe' of claim.0; known: holds"):
        compose(study)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "yes"), (64, "64"), (60000, "60,000"), (0.123456, "0.1235"), ("a", "a")],
)
def test_brief(value, text):
    assert page.brief(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.34, "12.3 s"), (245, "4 min 5 s"), (7800, "2 h 10 min")]
)
def test_duration(seconds, text):
    assert page.duration(seconds) == text
