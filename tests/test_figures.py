import io

import matplotlib as mpl
import pytest
import torch
from matplotlib.colors import same_color

from lenet import Config, LeNet5, Proportion, figures
from lenet.fit import new_optimizer
from lenet.model import new_model
from lenet.predict import Prediction
from lenet.style import VERMILION


@pytest.fixture
def digits(sample):
    return sample.train[:50]


@pytest.fixture
def prediction(digits):
    """Digits 3, 4 and 5 are misclassified, 4 with the highest confidence."""
    labels, confidence = digits.labels.clone(), torch.full((50,), 0.9)
    labels[3:6] = (labels[3:6] + 1) % 10
    confidence[:6] = torch.tensor([0.994, 0.996, 1.0, 0.5, 0.8, 0.6])
    probs = ((1 - confidence) / 9)[:, None].repeat(1, 10)
    probs[torch.arange(50), labels] = confidence
    return Prediction(probs, labels)


@pytest.fixture(autouse=True)
def style():
    """Find matplotlib's style as it was."""
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before


def looked_at(figure, alt):
    """Return the axes and the words of a figure that can be printed."""
    assert alt.endswith(".")
    assert 35 < len(alt) < 400
    # warns, and so fails, where the parts of the figure leave each other no room
    figure.savefig(io.BytesIO(), format="png", dpi=50)
    (axes,) = figure.axes
    return axes, alt


def pixels(axes):
    return torch.stack([torch.tensor(each.get_array().data) for each in axes.images])


def titles(axes):
    return [text.get_text() for text in axes.texts]


def test_losses_are_drawn_as_given_and_can_be_read_alone_and_in_grey(make_history):
    history = make_history((0.3, 0.2, 0.1), (0.4, 0.25, 0.35))
    axes, alt = looked_at(*figures.losses(history))
    assert {line.get_label(): line.get_xydata().tolist() for line in axes.lines} == {
        "training, during the epoch": [[1, 0.6], [2, 0.4], [3, 0.2]],
        "training, after the epoch": [[1, 0.3], [2, 0.2], [3, 0.1]],
        "test, after the epoch": [[1, 0.4], [2, 0.25], [3, 0.35]],
    }
    assert axes.get_xlabel() == "Epoch"
    assert axes.get_ylabel() == "Loss (nats per digit, log scale)"
    assert axes.get_yscale() == "log"
    assert len(axes.get_legend().get_texts()) == 3
    styles = {(line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len(styles) == 3, "lines told apart by colour alone"
    assert all(tick == int(tick) for tick in axes.get_xticks())
    assert "from 0.400 to 0.350, with its lowest value 0.250 after epoch 2" in alt


def test_digits_stand_in_the_column_of_their_class_with_every_pixel_as_it_is(sample):
    digits = sample.train
    axes, _ = looked_at(*figures.digit_columns(digits))
    firsts = [digits.images[digits.labels == label][:4] for label in range(10)]
    assert torch.equal(pixels(axes), torch.stack(firsts, 1).flatten(0, 1))
    assert titles(axes) == [*"0123456789", *30 * [""]]
    image = axes.images[0]
    assert (image.get_cmap().name, image.get_clim()) == ("gray_r", (0, 255))
    assert image.get_interpolation() == "nearest"


def test_changed_digits_stand_beside_the_digits_as_they_are(digits):
    axes, _ = looked_at(*figures.changed_digits(digits, {"inverted": torch.neg}))
    expected = [each for digit in digits.images[:3] for each in (digit, digit.neg())]
    assert torch.equal(pixels(axes), torch.stack(expected))
    assert titles(axes) == ["as they are", "inverted", "", "", "", ""]


def test_predictions_are_shown_with_the_truth_and_mistakes_framed(digits, prediction):
    axes, alt = looked_at(*figures.prediction_grid(digits, prediction))
    assert torch.equal(pixels(axes), digits.images)
    for place, title in enumerate(titles(axes)):
        read, true = int(prediction.labels[place]), int(digits.labels[place])
        assert title.startswith(f"read {read}, true {true}\n")
        edge = axes.patches[place].get_edgecolor()
        assert same_color(edge, VERMILION) == (place in (3, 4, 5))
    assert "first 50 digits" in alt
    assert "3 of them read wrongly" in alt
    stated = [title.splitlines()[1] for title in titles(axes)[:4]]
    assert stated == ["99 %", "> 99.5 %", "> 99.5 %", "50 %"]


def test_mistakes_come_by_confidence_and_are_all_counted(digits, prediction):
    axes, alt = looked_at(*figures.mistakes(digits, prediction, num_digits=2))
    assert torch.equal(pixels(axes), digits.images[[4, 5]])
    assert "\n80 %" in titles(axes)[0]
    assert "2 misclassified digits out of 3" in alt
    none = figures.mistakes(digits[:3], Prediction(prediction.probs, digits.labels[:3]))
    assert "0 misclassified digits out of 0" in looked_at(*none)[1]


def test_layers_and_results_stand_beside_the_papers():
    layers = {name: values for name, *values in figures.layers(LeNet5())[1:]}
    assert layers["C3"] == ["16 × 10 × 10", 2_416, 1_516]
    paper = [values[2] for values in layers.values()]
    assert paper == [156, 12, 1_516, 32, 48_120, 10_164, 0, 60_000]
    assert layers["**all**"] == ["", 61_706, 60_000]
    results = figures.results(7, Proportion(9, 10), Proportion(9_880, 10_000))[1:]
    assert [row[2:5] for row in results] == [
        [20, "99.65 %", "**99.05 %**"],
        [15, "99.73 %", "**98.89 %**"],
        [15, "99.77 %", "**98.72 %**"],
        [7, "90.00 %", "**98.80 %**"],
    ]


def test_the_hyperparameters_are_the_optimisers_own_and_the_weights_start_as_said():
    config, model = Config(), new_model(0)
    rows = figures.hyperparameters(config, new_optimizer(model, config), 60_000)
    found = [value for _, value in rows[1:]]
    assert found == ["0.001", "0.9 and 0.999", "$10^{-8}$", "0", 32, 15, 28_125, 42]
    parameters = [*model.parameters()]
    for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
        most = weight[0].numel() ** -0.5  # 1/√F
        assert 0.9 * most < weight.abs().max() <= most
        assert bias.abs().max() <= most
