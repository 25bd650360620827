from copy import deepcopy
from functools import partial
from itertools import count

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from lenet import Batches, evaluate, training_loop
from lenet.model import new_model
from lenet.train import train_epoch
from lenet.vision import torchvision

CRITERION = nn.CrossEntropyLoss()
IMAGES, LABELS = torch.rand(10, 1, 32, 32), torch.arange(10)
WEIGHTS = torch.linspace(0.1, 3, 10)  # of the classes
one_hot = partial(F.one_hot, num_classes=10)


@pytest.fixture(scope="module")
def digits(sample):
    return sample.train[:150]


@pytest.fixture
def model():
    return new_model(seed=0)


def sgd(model, learning_rate=0.1):
    return torch.optim.SGD(model.parameters(), lr=learning_rate)


def weights_of(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def train(model, train_loader, valid_loader, epochs=1, **how):
    """Train silently by gradient descent; return the history."""
    how = {"optimizer": sgd(model), "criterion": CRITERION, "print_every": 0} | how
    loaders = {"train_loader": train_loader, "valid_loader": valid_loader}
    return training_loop(model, epochs=epochs, **loaders, **how)[1]


# Scoring


@torch.no_grad()
@pytest.mark.parametrize("batch_size", [1, 64, 10_000])
def test_scores_are_numpys_whatever_the_batch_size(model, digits, batch_size):
    logits = model(digits.images[:, None] / 255).double().numpy()
    labels, log_sums = digits.labels.numpy(), np.log(np.exp(logits).sum(1))
    batches = iter(Batches(digits, batch_size))  # of unknown length
    scores = evaluate(model, CRITERION, batches)
    assert scores.num_examples == 150
    assert scores.num_correct == (logits.argmax(1) == labels).sum()
    loss = (log_sums - logits[np.arange(150), labels]).mean()
    assert scores.loss == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("was_training", [True, False])
def test_scoring_changes_neither_weights_nor_mode_even_if_the_loader_fails(
    model, digits, was_training
):
    def broken():
        yield from Batches(digits, 100)
        raise OSError("the disk is gone")

    before = weights_of(model.train(was_training))
    with pytest.raises(OSError, match="the disk is gone"):
        evaluate(model, CRITERION, broken())
    assert model.training is was_training
    assert torch.equal(weights_of(model), before)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_training_is_in_training_mode_and_scoring_in_evaluation_mode(model, digits):
    modes = []
    model.eval().register_forward_hook(lambda model, *_: modes.append(model.training))
    train(model, Batches(digits, 150), Batches(digits, 150), 2)
    assert modes == 2 * [True, False, False]


# Criteria, labels and batches of other kinds


def soft(labels):
    return (0.7 * one_hot(labels) + 0.3 * one_hot((labels + 1) % 10)).double()


def some_wrong(logits, labels):
    return (logits.softmax(1)[:, 0] * (labels > 4)).mean()


def cut(digits, batch_size, change):
    """Cut digits into batches, with their labels changed."""
    batches = Batches(digits, batch_size)
    return [(images, change(labels)) for images, labels in batches]


KINDS = {  # a criterion, and what makes its labels from classes
    "weights": (nn.CrossEntropyLoss(WEIGHTS), Tensor.long),
    "smoothed": (nn.CrossEntropyLoss(WEIGHTS, label_smoothing=0.2), Tensor.int),
    "margins": (nn.MultiMarginLoss(weight=WEIGHTS), Tensor.byte),
    "one-hot": (CRITERION, one_hot),
    "truth values": (CRITERION, lambda labels: one_hot(labels).bool()),
    "soft": (nn.CrossEntropyLoss(WEIGHTS), soft),
    "squares": (nn.MSELoss(), one_hot),
    "each class": (nn.BCEWithLogitsLoss(WEIGHTS, pos_weight=WEIGHTS), soft),
    "of one's own": (some_wrong, Tensor.long),
    "ignoring": (
        nn.CrossEntropyLoss(WEIGHTS, ignore_index=3, label_smoothing=0.2),
        Tensor.long,
    ),
    "ignoring no class": (
        partial(F.cross_entropy, ignore_index=255),
        lambda labels: labels.where(labels != 3, 255),
    ),
}


@pytest.mark.parametrize("batch_size", [1, 10, 32])
@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_all_examples_at_once_whatever_the_batch_size(
    model, digits, kind, batch_size
):
    (criterion, change), digits = KINDS[kind], digits[:50]
    labels, loader = change(digits.labels), cut(digits, batch_size, change)
    with torch.no_grad():
        logits = model(digits.images[:, None] / 255)
        labels = labels.float() if labels.ndim == 2 else labels.long()
        loss = pytest.approx(float(criterion(logits, labels)), rel=1e-5)
    kept = digits.labels != (3 if "ignoring" in kind else -1)
    scores, right = (
        evaluate(model, criterion, loader),
        logits.argmax(1) == digits.labels,
    )
    assert scores.loss == loss
    assert (scores.num_examples, scores.num_correct) == (kept.sum(), right[kept].sum())
    assert train_epoch(model, criterion, sgd(model, 0.0), loader) == loss


@torch.no_grad()
@pytest.mark.parametrize("batch_size", [1, 32, 150])
def test_class_weights_and_ignored_labels_count_as_numpy_counts(
    model, digits, batch_size
):
    logits = model(digits.images[:, None] / 255)
    losses = F.cross_entropy(logits, digits.labels, reduction="none").numpy()
    weights = WEIGHTS[digits.labels] * (digits.labels != 3)
    criterion = nn.CrossEntropyLoss(WEIGHTS, ignore_index=3)
    loss = evaluate(model, criterion, Batches(digits, batch_size)).loss
    assert loss == pytest.approx(np.average(losses, weights=weights), rel=1e-5)


@pytest.mark.parametrize(
    ("criterion", "label"),
    [
        (CRITERION, -100),
        (nn.CrossEntropyLoss(ignore_index=9, label_smoothing=0.1), 9),
        (nn.CrossEntropyLoss(torch.tensor([1.0] * 9 + [0])), 9),
    ],
)
def test_a_batch_in_which_no_label_counts_counts_as_nothing(digits, criterion, label):
    batches = [*Batches(digits[digits.labels != 9], 50)]
    idle, ends = (batches[0][0], torch.full((50,), label)), []
    for loader in (batches, [*batches[:2], idle, *batches[2:]]):
        model = new_model(seed=0)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)  # it has momentum
        loss = train_epoch(model, criterion, optimizer, loader)
        scores = evaluate(model, criterion, loader)
        ends.append(torch.tensor([loss, scores.loss, *weights_of(model)]))
    torch.testing.assert_close(*ends)


@pytest.mark.parametrize(
    "batch",
    [
        {"image": IMAGES, "label": LABELS},
        {"id": 7, "labels": LABELS.tolist(), "images": IMAGES},
        {"label": LABELS.int(), "pixel_values": IMAGES.numpy()},
        (IMAGES, LABELS, torch.arange(10)),
        [IMAGES, LABELS, ["digit.png"], LABELS],
    ],
)
def test_batches_in_other_forms_train_as_pairs_do(batch):
    ends = []
    for loader in ([batch], [(IMAGES, LABELS)]):
        model = new_model(seed=0)
        ends.append((train(model, loader, loader), weights_of(model).tolist()))
    assert ends[0] == ends[1]


# The loop


def test_one_epoch_takes_the_steps_of_plain_gradient_descent(model, digits):
    by_hand, losses = deepcopy(model), []
    for part in (digits[:60], digits[60:120], digits[120:]):  # the last half as large
        loss = CRITERION(by_hand(part.images[:, None] / 255), part.labels)
        grads = torch.autograd.grad(loss, list(by_hand.parameters()))
        with torch.no_grad():
            for parameter, grad in zip(by_hand.parameters(), grads, strict=True):
                parameter -= 0.1 * grad
        losses.append(float(loss.detach()))
    mean = train_epoch(model, CRITERION, sgd(model), iter(Batches(digits, 60)))
    torch.testing.assert_close(weights_of(model), weights_of(by_hand))
    assert mean == pytest.approx(np.average(losses, weights=[60, 60, 30]))


def test_a_history_holds_the_scores_after_each_epoch_and_is_taken_up(model, digits):
    loaders, seen = (Batches(digits, 32), Batches(digits[:100], 32)), []
    first = train(model, *loaders)
    how = {"history": first, "after_epoch": lambda history: seen.append(len(history))}
    history = train(model, *loaders, 3, **how)
    assert [record.epoch for record in history] == [1, 2, 3]
    assert history[:1] == first, "the caller's own list grew"
    assert seen == [2, 3]
    assert history[-1].train == evaluate(model, CRITERION, loaders[0])
    assert history[-1].val == evaluate(model, CRITERION, loaders[1])
    assert history[0].running_loss > history[0].train.loss, "weights improved meanwhile"


def test_one_batch_can_be_learned_by_heart(model, digits):
    batch = Batches(digits[:10], 10)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(50):
        train_epoch(model, CRITERION, optimizer, batch)
    scores = evaluate(model, CRITERION, batch)
    assert scores.num_correct == 10
    assert scores.loss < 0.01


@pytest.mark.parametrize(("every", "shown"), [(2, "245"), (0, "")])
def test_lines_are_printed_every_so_many_epochs_and_at_the_end(
    model, digits, make_history, capfd, every, shown
):
    batch = Batches(digits[:10], 10)
    history = train(model, batch, batch, 5, print_every=every)
    out, err = capfd.readouterr()
    assert out.splitlines() == [str(history[int(epoch) - 1]) for epoch in shown]
    assert err == "", "a report would show a progress bar as an error"
    assert str(make_history([0.25], [0.75], 59_400)[0]) == (
        "epoch   1   training loss 0.2500, accuracy 99.00 %   "
        "validation loss 0.7500, accuracy 98.89 %"
    )


def test_stock_data_loaders_of_torchvisions_mnist_work_unchanged(model, tiny, tmp_path):
    tiny.write(tmp_path / "MNIST" / "raw", packed=False)
    steps = [torchvision.transforms.Resize((32, 32)), torchvision.transforms.ToTensor()]
    transform = torchvision.transforms.Compose(steps)
    train_set, test_set = (
        torchvision.datasets.MNIST(tmp_path, part, transform) for part in (True, False)
    )
    before = weights_of(model)
    loader = DataLoader(train_set, 8, shuffle=True)
    (record,) = train(model, loader, DataLoader(test_set, 8))
    assert not torch.equal(weights_of(model), before)
    assert (record.train.num_examples, record.val.num_examples) == (20, 10)


# An end before the last epoch


def test_a_true_value_after_an_epoch_ends_the_training_and_its_line_is_shown(
    model, digits, capsys
):
    batches = Batches(digits, 50)
    how = {"after_epoch": lambda history: len(history) == 2, "print_every": 5}
    history = train(model, batches, batches, 9, **how)
    assert len(history) == 2
    assert history[-1].val == evaluate(model, CRITERION, batches)
    assert capsys.readouterr().out == f"{history[-1]}\n"


def press_ctrl_c(model, at):
    """Interrupt a forward pass, of which there are nine an epoch, three in training."""
    passes = count(1)

    def hook(*_):
        if next(passes) == at:
            raise KeyboardInterrupt

    model.register_forward_hook(hook)


@pytest.mark.parametrize(("resumed", "at"), [(0, 20), (0, 26), (2, 2), (0, None)])
def test_ctrl_c_leaves_what_the_finished_epochs_left(
    model, digits, capsys, resumed, at
):
    def interrupt(history):
        if at is None and len(history) == 2:
            raise KeyboardInterrupt

    batches, whole = Batches(digits, 50), new_model(seed=0)
    wanted = train(whole, batches, batches, 2)
    how = {"history": train(model, batches, batches, resumed), "after_epoch": interrupt}
    press_ctrl_c(model, at)
    assert train(model, batches, batches, 9, **how) == wanted
    assert torch.equal(weights_of(model), weights_of(whole))
    assert "as they were after epoch 2" in capsys.readouterr().out


def test_ctrl_c_in_the_first_epoch_goes_on_to_the_caller(model, digits):
    batches = Batches(digits, 50)
    press_ctrl_c(model, at=2)
    with pytest.raises(KeyboardInterrupt):
        train(model, batches, batches)


# What must not pass silently

REFUSED = {
    "expected .images, labels. or a dict .* Tensor": IMAGES,
    "got a tuple of 1": (IMAGES,),
    "image/.*a dict of 'x', 'y'": {"x": IMAGES, "y": LABELS},
    "of 'image', 'images'": {"image": IMAGES, "images": IMAGES, "label": LABELS},
    "tuple of 3 holds floats": (IMAGES, LABELS, LABELS / 2),
    "'w' holds floats": {"image": IMAGES, "label": LABELS, "w": LABELS / 2},
    "must be tensors": (IMAGES, ["one", "two"]),
    "got torch.float32 of shape": (IMAGES, LABELS.float()),
    r"integers .*\(10, 1\)": (IMAGES, LABELS[:, None]),
    r"one-hot .*\(10, 10\)": (IMAGES, 2 * one_hot(LABELS)),
    r"\(10, 9\)": (IMAGES, soft(LABELS)[:, :9]),
    "expected images of shape": (IMAGES[0], LABELS[0]),
    "ignores every label": (IMAGES, torch.full_like(LABELS, -100)),
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_batch_that_is_not_plain_is_refused_before_a_weight_changes(model, message):
    before = weights_of(model)
    with pytest.raises((TypeError, ValueError), match=message):
        train(model, [REFUSED[message]], [(IMAGES, LABELS)])
    assert torch.equal(weights_of(model), before)


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (nn.MSELoss(), r"MSELoss wants .* \(10, 10\); got torch.int64 .*\(10,\)"),
        (nn.BCEWithLogitsLoss(torch.ones(10, 1)), "BCEWithLogitsLoss weighs by place"),
        (nn.CosineEmbeddingLoss(), "CosineEmbeddingLoss"),
        (nn.CrossEntropyLoss(reduction="sum"), "reduction is 'sum': use 'mean'"),
        (nn.CrossEntropyLoss(reduction="none"), "reduction is 'none': use 'mean'"),
    ],
)
def test_a_criterion_that_does_not_fit_is_refused_by_name_before_a_weight_changes(
    model, criterion, message
):
    before = weights_of(model)
    with pytest.raises((TypeError, ValueError), match=message):
        train_epoch(model, criterion, sgd(model), [(IMAGES, LABELS)])
    assert torch.equal(weights_of(model), before)


@pytest.mark.parametrize("empty", range(3))
def test_an_empty_loader_is_an_error(model, empty):
    loaders = 3 * [[(IMAGES, LABELS)]]
    loaders[empty] = []
    with pytest.raises(ValueError, match="no batch: give it at least one example"):
        train(model, *loaders[:2], train_eval_loader=loaders[2])


def test_a_loss_that_explodes_is_an_error(model, digits):
    batches = Batches(digits, 50)
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        train(model, batches, batches, 2, optimizer=sgd(model, 1e38))
