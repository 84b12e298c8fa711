"""Pictures of reconstructions."""

from spatial_mae.figures import reconstructions


def test_combined_pictures_keep_what_was_seen(sample):
    rows = reconstructions.select(sample("gallery"))
    assert len(rows) == 2 * 3 * 64
    for row in rows:
        assert row["combined_1"] == row["predicted_1" if row["hidden"] else "original_1"]
        assert row["seen_1"] == (0.5 if row["hidden"] else row["original_1"])


def test_runs_of_one_data_set_share_the_row_of_images(sample):
    figure = reconstructions.draw(reconstructions.select(sample("gallery")))
    labels = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert len(labels) == 1 + 2 * 3
    assert labels[0] == "image"
    assert [label for label in labels if "m = " in label] == ["m = 0.5\n\nseen", "m = 0.75\n\nseen"]


def test_a_single_channel_is_drawn_in_grey(sample):
    gone = {"original_1", "original_2", "predicted_1", "predicted_2"}
    table = [{k: v for k, v in row.items() if k not in gone} for row in sample("gallery")]
    figure = reconstructions.draw(reconstructions.select(table))
    assert {image.get_array().shape for axis in figure.axes for image in axis.images} == {(8, 8)}
