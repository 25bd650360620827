"""The drawing of the network: its planes are real maps, its counts the real ones."""

import numpy as np

from lenet.data import to_input
from lenet.drawing import network
from lenet.model import layer_outputs


def test_each_plane_is_a_map_of_the_digit_and_each_count_that_of_the_layer(
    published_model, sample
):
    image = sample.train.images[3]
    figure, alt = network(published_model, image)
    (axes,) = figure.axes
    batch = to_input(image[None])
    values = {"input": batch} | layer_outputs(published_model, batch)
    values["output"] = probs = values["output"].softmax(1)
    for name in ("c5", "f6", "output"):  # as one column
        values[name] = values[name].reshape(1, 1, -1, 1)
    maps = [plane for planes in values.values() for plane in planes[0]]
    drawn = [np.asarray(each.get_array()) for each in axes.images]
    assert len(drawn) == len(maps) == 1 + 6 + 6 + 16 + 16 + 1 + 1 + 1
    assert all(map(np.array_equal, drawn, maps))
    words = {text.get_text() for text in axes.texts}
    assert {"C1", "6 × 28 × 28", "156", "48,120", "850"} <= words
    assert "In all 61,706 parameters." in alt
    assert alt.endswith(f"The most probable class is {probs.argmax()}.")
    figure.draw_without_rendering()
    for box in (text.get_window_extent() for text in axes.texts):
        assert 0 <= box.x0 <= box.x1 <= figure.bbox.x1
