import io
import re

import matplotlib as mpl
import pytest
import torch
from matplotlib.colors import same_color

from lenet.plots import (
    VERMILION,
    changed_digits,
    digit_columns,
    losses,
    mistakes,
    prediction_grid,
)
from lenet.predict import Prediction

TRAIN, VAL = (0.3, 0.2, 0.1), (0.4, 0.25, 0.35)


@pytest.fixture
def digits(sample):
    return sample.train[:50]


def read_as(labels, confidence=0.9):
    """A prediction of these labels, each with this confidence."""
    sure = torch.as_tensor(confidence, dtype=torch.float32).expand(len(labels))
    probs = ((1 - sure) / 9)[:, None].repeat(1, 10)
    probs[torch.arange(len(labels)), labels] = sure
    return Prediction(probs, labels)


@pytest.fixture
def prediction(digits):
    """Digits 3, 4 and 5 are read wrongly, 4 with the greatest confidence."""
    labels, sure = digits.labels.clone(), torch.full((50,), 0.9)
    labels[3:6] = (labels[3:6] + 1) % 10
    sure[3:6] = torch.tensor([0.5, 0.8, 0.6])
    return read_as(labels, sure)


@pytest.fixture
def figures(make_history, digits, prediction):
    return {
        "losses": losses(make_history(TRAIN, VAL)),
        "digit_columns": digit_columns(digits, rows=3),
        "prediction_grid": prediction_grid(digits, prediction, num_digits=20),
        "mistakes": mistakes(digits, prediction),
        "no mistakes": mistakes(digits, read_as(digits.labels)),
        "changed_digits": changed_digits(digits, {"inverted": lambda x: 255 - x}),
    }


def shown_axes(figure):
    return [axes for axes in figure.axes if axes.images]


def pixels(axes):
    return torch.as_tensor(axes.images[0].get_array().data)


def titles(figure):
    return [axes.get_title() for axes in shown_axes(figure)]


def test_every_figure_has_a_sentence_for_those_who_do_not_see_it(figures):
    for name, (figure, alt) in figures.items():
        assert alt.endswith("."), name
        assert 40 < len(alt) < 400, name
        # warns, and so fails, where the parts of the figure leave each other no room
        figure.savefig(io.BytesIO(), format="png", dpi=50)


def test_drawing_opens_no_window_and_sets_no_style(make_history, digits):
    import matplotlib.pyplot as plt

    with mpl.rc_context({"font.size": 17, "axes.spines.top": True}):
        before = dict(mpl.rcParams)
        losses(make_history(TRAIN, VAL))
        digit_columns(digits, rows=2)
        assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_the_loss_figure_draws_the_losses_given(make_history):
    figure, _ = losses(make_history(TRAIN, VAL))
    lines = {
        line.get_label(): [tuple(point) for point in line.get_xydata()]
        for line in figure.axes[0].lines
    }
    assert lines == {
        "training, during the epoch": [(1, 0.6), (2, 0.4), (3, 0.2)],
        "training, after the epoch": [(1, 0.3), (2, 0.2), (3, 0.1)],
        "test, after the epoch": [(1, 0.4), (2, 0.25), (3, 0.35)],
    }


def test_the_loss_figure_can_be_read_alone_and_in_grey(make_history):
    figure, _ = losses(make_history(TRAIN, VAL), val_name="validation")
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Epoch"
    assert axes.get_ylabel() == "Cross-entropy loss (nats per digit)"
    assert axes.get_ylim()[0] == 0
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "validation, after the epoch" in shown
    styles = {(line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len(styles) == 3, "lines told apart by colour alone"
    assert all(tick == int(tick) for tick in axes.get_xticks())


def test_the_alternative_text_of_the_losses_holds_their_numbers(make_history):
    _, alt = losses(make_history(TRAIN, VAL))
    assert "3 epochs" in alt
    numbers = re.findall(r"\d\.\d{3}", alt)
    assert numbers == ["0.300", "0.100", "0.400", "0.350", "0.250"]
    assert "0.250 after epoch 2" in alt


def test_the_alternative_text_does_not_say_that_a_rising_loss_falls(make_history):
    _, alt = losses(make_history((0.1, 0.2), (0.1, 0.2)))
    assert "falls" not in alt


def test_digits_stand_in_the_column_of_their_class(digits):
    figure, alt = digit_columns(digits, rows=3)
    grid = shown_axes(figure)
    assert len(grid) == 30
    assert [axes.get_title() for axes in grid[:10]] == list("0123456789")
    for place, axes in enumerate(grid):
        row, label = divmod(place, 10)
        expected = digits.images[digits.labels == label][row]
        assert torch.equal(pixels(axes), expected)
    assert "first 3 of each class" in alt


def test_a_class_with_too_few_digits_leaves_places_empty(digits):
    figure, _ = digit_columns(digits[:10], rows=2)
    assert len(shown_axes(figure)) == len(digits[:10].labels.unique())


def test_digits_are_dark_on_light_with_every_pixel_as_it_is(digits):
    figure, _ = digit_columns(digits, rows=1)
    image = shown_axes(figure)[0].images[0]
    assert image.get_cmap().name == "gray_r"
    assert image.get_clim() == (0, 255)
    assert image.get_interpolation() == "nearest"


def framed(figure):
    return [
        place
        for place, axes in enumerate(shown_axes(figure))
        if same_color(axes.spines["left"].get_edgecolor(), VERMILION)
    ]


def test_predictions_are_shown_with_the_truth_and_mistakes_framed(digits, prediction):
    figure, alt = prediction_grid(digits, prediction, num_digits=20)
    assert len(shown_axes(figure)) == 20
    for place, title in enumerate(titles(figure)):
        read, true = int(prediction.labels[place]), int(digits.labels[place])
        assert title.startswith(f"read {read} (")
        assert title.endswith(f"true {true}")
    assert "(90 %)" in titles(figure)[0]
    assert torch.equal(pixels(shown_axes(figure)[7]), digits.images[7])
    assert framed(figure) == [3, 4, 5]
    assert "first 20 digits" in alt
    assert "3 of them read wrongly" in alt


def test_mistakes_come_surest_first_and_are_all_counted(digits, prediction):
    figure, alt = mistakes(digits, prediction, num_digits=2)
    for axes, index in zip(shown_axes(figure), (4, 5), strict=True):
        assert torch.equal(pixels(axes), digits.images[index])
    assert "(80 %)" in titles(figure)[0]
    assert "2 misread digits out of 3" in alt
    true, read = int(digits.labels[4]), int(prediction.labels[4])
    assert f"a {true} read as {read}" in alt


def test_a_run_without_mistakes_has_an_empty_figure(digits):
    figure, alt = mistakes(digits, read_as(digits.labels))
    assert shown_axes(figure) == []
    assert "0 misread digits out of 0" in alt


def test_changed_digits_stand_beside_the_digits_as_they_are(digits):
    figure, alt = changed_digits(digits, {"inverted": lambda x: 255 - x}, rows=2)
    found = [pixels(axes) for axes in shown_axes(figure)]
    first, second = digits.images[:2]
    for image, expected in zip(
        found, (first, 255 - first, second, 255 - second), strict=True
    ):
        assert torch.equal(image, expected)
    assert titles(figure)[:2] == ["as they are", "inverted"]
    assert "as they are, inverted" in alt
