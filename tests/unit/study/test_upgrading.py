"""Configs of the earlier form, with a block `figures:`, become configs of today's."""

import pytest
import yaml

from spatial_mae.study.measurements import FIGURES
from spatial_mae.study.upgrading import INHERITED, upgraded

OLD = """\
# My study.
study: mine

experiments:
  - name: losses # usual
    kind: losses
    recipe: default
    grids: &grids
      - {dataset: [cifar10]} # a comment
  - {name: sampling, kind: losses, recipe: default, grids: *grids} # old
  - name: wide
    kind: losses
    recipe: default # of them
    grids: *grids
  - {name: profile, kind: profile, recipe: default}

figures: # drawn
  gabor: null # not
  # these need trained networks
  influence_models: null
  influence_profiles: {experiment: profile}
  losses-wide: {experiment: wide}

# the end
seed: 1
"""
NEW = """\
# My study.
study: mine

experiments:
  - name: losses # usual
    kind: losses
    recipe: default
    grids: &grids
      - {dataset: [cifar10]} # a comment
  - {name: sampling, kind: losses, recipe: default, figures: [sampling_laws], grids: *grids} # old
  - name: wide
    kind: losses
    recipe: default # of them
    figures: [losses-wide]
    grids: *grids
  - {name: profile, kind: profile, recipe: default, figures: [influence_profiles]}


# the end
seed: 1
"""


def test_figures_go_to_their_experiments_and_comments_stay():
    assert upgraded(OLD) == NEW


def test_an_experiment_whose_figures_are_left_out_says_so():
    text = "experiments:\n- {name: psd, kind: psd, recipe: a}\nfigures: {masked_psd: null}\n"
    assert yaml.safe_load(upgraded(text)) == {
        "experiments": [{"name": "psd", "kind": "psd", "recipe": "a", "figures": []}]
    }


def test_a_config_of_todays_form_is_refused():
    with pytest.raises(ValueError, match="no block `figures:`, so there is nothing to rewrite"):
        upgraded(NEW)


def test_figures_of_experiments_elsewhere_are_refused():
    with pytest.raises(ValueError, match="draws from elsewhere, which it does not define"):
        upgraded("figures: {gabor: {experiment: elsewhere}}\n")


def test_the_inherited_figures_are_known():
    assert {figure for figures in INHERITED.values() for figure in figures} <= set(FIGURES)
