import re
from html.parser import HTMLParser

import pytest
import yaml

from spatial_mae.claims.verdict import VERDICTS
from spatial_mae.files import read_json, write_json
from spatial_mae.papers.cited import PAPERS
from spatial_mae.report import advice, page

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


def compose(study, figures=("taylor", "hierarchy_cases")):
    mini = study / "mini"
    files = (mini / "config.yaml", mini / "figures", figures, mini / "claims.json")
    return page.compose("mini", *files, study, OWN)


class Checker(HTMLParser):
    """Checks that tags are closed in order; collects every tag with its attributes, and texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.texts.append((tag, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.texts:
            self.texts[-1] = (self.texts[-1][0], self.texts[-1][1] + data)

    def all(self, tag):
        return [found for name, found in self.tags if name == tag]

    def values(self, key):
        return [found[key] for _, found in self.tags if key in found]


@pytest.fixture
def checked(study):
    return Checker(compose(study))


def test_the_page_is_well_formed_and_labelled(checked):
    ids = checked.values("id")
    assert checked.open == []
    assert len(ids) == len(set(ids))
    assert set(checked.values("aria-labelledby")) <= set(ids)
    assert all(image["alt"].strip() for image in checked.all("img"))
    assert all("scope" in cell for cell in checked.all("th"))
    assert checked.all("input") and checked.all("select")
    assert len(checked.all("label")) == len(checked.all("input") + checked.all("select"))
    assert all(len(checked.all(tag)) == 1 for tag in ("header", "nav", "main", "footer", "h1"))


ADVICE = {
    "verdict": "advice",
    "sentence": "For your 600 images: patch 8.",
    "gain": "It is the default.",
    "measure": "accuracy of the probe",
    "finished": [{"patch": 8, "mask": "0.5", "score": "1", "error": "2", "test": "3", "seeds": 3}],
}


def test_the_page_begins_with_the_advice_that_the_study_asked_for(study, monkeypatch):
    network = ("leaves", "small", "short", "patch-8")
    monkeypatch.setattr(advice, "networks", lambda config, study: {network: 30})
    config = study / "mini" / "config.yaml"
    asked = "advise: {dataset: leaves}\nmodels: {small: {width: 16}}\n"
    config.write_text(config.read_text() + asked)
    with pytest.raises(FileNotFoundError, match="advise` first"):
        compose(study)
    write_json(study / "mini" / "advise" / "advice.json", ADVICE)
    checked = Checker(compose(study))
    ids = checked.values("id")
    assert ids.index("advice") < ids.index("findings")
    assert "1 pretrained, width 16, 30 epochs" in compose(study)
    assert ADVICE["sentence"] in compose(study) and "advise/advice.html" in checked.values("href")


def test_a_page_of_own_images_says_how_to_ask_for_advice(study, checked):
    assert "advice" not in checked.values("id")
    config = study / "mini" / "config.yaml"
    own = {"source": "image_folder", "root": "/photos", "size": [32, 32]}
    content = yaml.safe_load(config.read_text()) | {"datasets": {"leaves": own}}
    config.write_text(yaml.safe_dump(content))
    assert "make advise IMAGES=/photos BUDGET=30min SIZE=32x32<" in compose(study)


def test_headings_leave_out_no_level(checked):
    levels = [int(tag[1]) for tag, _ in checked.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("figures", [(), ("taylor",), ("taylor", "hierarchy_cases")])
def test_every_link_leads_somewhere(study, figures):
    checked = Checker(compose(study, figures))
    links = [found["href"] for found in checked.all("a")]
    away = {link for link in links if link.startswith("http")}
    assert away <= {paper.address for paper in PAPERS}
    assert {link[1:] for link in links if link.startswith("#")} <= set(checked.values("id"))
    files = {link for link in links if not link.startswith("#")} - away
    assert all((study / "mini" / link).is_file() for link in files)
    suffixes = {"pdf", "png", "csv"} if figures else set()
    assert {f"figures/{name}.{suffix}" for name in figures for suffix in suffixes} <= files


def test_nothing_is_fetched(study, checked):
    fetched = [
        found.get("src") or found.get("href") for tag, found in checked.tags if tag in VOID - {"a"}
    ]
    fetched += [found["src"] for found in checked.all("script") if "src" in found]
    assert all(address.startswith("data:") for address in fetched if address)
    assert not re.search(r"url\(|@import|fetch\(", compose(study))


def test_the_count_in_a_button_is_the_number_of_its_rows(checked):
    """What is counted is what the filter shows: the rows whose group is the button's."""
    groups = checked.values("data-group")
    buttons = [found for found in checked.all("button") if "data-show" in found]
    counts = [
        text
        for (tag, text), (above, _) in zip(checked.texts[1:], checked.texts, strict=False)
        if tag == "b" and above == "button"
    ]
    shown = [button["data-show"] for button in buttons]
    assert shown == ["", *VERDICTS, "setting"]
    rows = [groups.count(group) if group else len(groups) for group in shown]
    assert [int(text.split()[0]) for text in counts] == rows
    assert sum(rows[1:]) == rows[0] == 11
    assert [button["aria-pressed"] for button in buttons] == ["true"] + 8 * ["false"]


def test_every_claim_is_there_and_escaped(study):
    text = compose(study)
    for claim in read_json(study / "mini" / "claims.json"):
        assert f'<tr id="claim-{claim["id"]}"' in text
    assert "a statement &lt;0&gt; &amp; more" in text
    assert "a statement <0>" not in text
    assert text.count('<span class="sentence">6 of 6 settings as claimed.</span>') == 11


def test_one_condition_is_shown_and_the_others_are_folded(study):
    text = compose(study)
    assert '<span class="soft">For m &lt; 0.5.</span>' in text
    folded = "<details><summary>Details of claim.1</summary><p>Margin: 0.2. Noise: none.</p><dl>"
    assert folded in text


def test_decided_findings_come_first_and_settings_last(study):
    order = re.findall(r'id="claim-claim.(\d+)" data-group="([^"]+)"', compose(study))
    assert order == [
        ("1", "holds"),
        ("3", "fails"),
        ("5", "holds-under-conditions"),
        ("7", "holds"),
        ("10", "holds"),
        ("2", "inconclusive"),
        ("4", "too-small"),
        ("0", "not-run"),
        ("6", "not-testable"),
        ("9", "setting"),
        ("8", "setting"),
    ]


def test_the_page_leads_with_findings(study):
    text = compose(study)
    order = ["findings", "claims", "figures", "run", "provenance"]
    assert re.findall(r'<section id="(\w+)"', text) == order
    head = text[: text.index('<section id="claims"')]
    assert "Of its 8 findings 2 hold, 1 holds under conditions, 1 fails, 1 inconclusive" in head
    assert all(paper.address in head for paper in PAPERS)
    assert "Holds at 3 epochs, width 64" in head
    assert head.count("<figure>") == 2


def test_a_study_without_figures_and_decided_statements_says_so(study):
    path = study / "mini" / "claims.json"
    write_json(path, [claim | {"verdict": "not-run"} for claim in read_json(path)])
    text = compose(study, figures=())
    assert text.count("This study decides none of them") == 2
    assert "<figure" not in text and 'href="#figures' not in text


def test_a_warning_on_what_findings_rest_on_is_with_them_others_are_last(study):
    text = compose(study)
    assert 0 < text.index("fewer images than dimensions") < text.index('<section id="claims"')
    assert "1 unreadable files were left out" in text
    assert 'id="warnings"' not in text


def test_a_figure_has_a_picture_its_files_and_its_command(study):
    text = compose(study)
    assert 'src="data:image/png;base64,iVBOR' in text
    assert "(10 rows)" in text
    config = study / "mini" / "config.yaml"
    target = "--force results/mini/figures/taylor.pdf"
    assert f"snakemake --cores 1 {target} --configfile {config}" in text
    assert "Checks Lemmas 4 and 5" in text


def test_data_sets_jobs_and_provenance(study):
    text = compose(study)
    assert "leaves (12,345 images of 8 × 8)" in text
    assert "none trained" in text
    assert "JPEG &lt;4:2:0&gt;" in text
    assert "3 jobs, 1 min 43 s" in text
    assert "judge_claims" not in text  # of another study
    assert "<code>abc123</code>, <code>unknown: no git</code>" in text
    assert "numpy 2.4.0 and 2.4.1" in text
    assert '<a href="tables/a.csv">a.csv</a>' in text


def test_a_claims_figure_that_is_not_drawn_is_no_link(study):
    text = compose(study, figures=())
    assert "#figure-taylor" not in text
    assert "Not drawn: taylor" in text


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
