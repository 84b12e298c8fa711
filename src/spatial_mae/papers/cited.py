"""The two papers as a reader finds them: name, title and address."""

from dataclasses import dataclass

from spatial_mae.papers.statements import OWN, SOURCES


@dataclass(frozen=True)
class Paper:
    """One paper.

    key: its short name in addresses. name: authors and year, with which its `SOURCES` begin.
    """

    key: str
    name: str
    title: str
    address: str

    @property
    def author(self) -> str:
        return self.name.split()[0]


PAPERS = (
    Paper(
        "bisulco",
        "Bisulco et al. 2025",
        "From Linearity to Non-Linearity: How Masked Autoencoders Capture Spatial Correlations",
        "https://arxiv.org/abs/2508.15404",
    ),
    Paper(
        "kong",
        "Kong et al. 2023",
        "Understanding Masked Autoencoders via Hierarchical Latent Variable Models",
        "https://arxiv.org/abs/2306.04898",
    ),
)


# In the place of a paper, for the statements of the project itself.
PROJECT = Paper(OWN, SOURCES[OWN], "spatial-mae", "")


def paper_of(source: str) -> Paper:
    """The paper of a statement's source, or `PROJECT`; ValueError for an unknown source."""
    for paper in (*PAPERS, PROJECT):
        if SOURCES.get(source, "").startswith(paper.name):
            return paper
    raise ValueError(f"unknown source {source!r} of a statement; known: {', '.join(SOURCES)}")


def papers_in(text: str) -> list[Paper]:
    """The papers that a figure's `IN_PAPER` names: one, both or none."""
    return [paper for paper in PAPERS if paper.author in text]
