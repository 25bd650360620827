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
    drawn = [np.asarray(each.get_array()) for each in axes.images]
    values = layer_outputs(published_model, to_input(image[None]))
    probs = values.pop("output").softmax(1)
    maps = [to_input(image[None])[0, 0]]
    maps += [each for name in ("c1", "s2", "c3", "s4") for each in values[name][0]]
    maps += [each.reshape(-1, 1) for each in (values["c5"], values["f6"], probs)]
    assert len(drawn) == len(maps) == 1 + 6 + 6 + 16 + 16 + 1 + 1 + 1
    assert all(map(np.array_equal, drawn, maps))
    words = {text.get_text() for text in axes.texts}
    assert {"C1", "6 × 28 × 28", "156", "48,120", "850"} <= words
    assert f"The most probable class is {int(probs.argmax())}" in alt
    assert "61,706" in alt


def test_no_two_planes_or_words_lie_outside_the_figure(published_model, sample):
    figure, _ = network(published_model, sample.train.images[0])
    figure.canvas.draw()
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
