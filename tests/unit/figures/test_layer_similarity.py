"""The similarity of layers of networks of several depths."""

from drawn_figures import small_print

from spatial_mae.figures import layer_similarity


def test_similarity_has_a_panel_a_depth_and_the_reference_across(sample):
    figure = layer_similarity.draw(layer_similarity.select(sample("similarity")))
    images = [axis.images[0] for axis in figure.axes if axis.images]
    assert [image.get_array().shape for image in images] == [(1, 4), (2, 4), (4, 4)]
    deepest = images[-1].get_array()
    assert deepest.argmax(axis=0).tolist() == [0, 1, 2, 3]


def test_similarity_says_which_tokens_of_which_images(sample):
    text = small_print(layer_similarity.draw(layer_similarity.select(sample("similarity"))))
    assert "test split" in text
    assert "tokens compared: mean" in text
