from copy import deepcopy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lenet import Batches, evaluate, training_loop
from lenet.model import new_model
from lenet.train import train_epoch
from lenet.vision import torchvision

CRITERION = nn.CrossEntropyLoss()


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
    others = evaluate(model, CRITERION, Batches(digits[:75], batch_size))
    assert others.loss != pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("was_training", [True, False])
def test_scoring_changes_neither_weights_nor_mode_even_if_the_loader_fails(
    model, digits, was_training
):
    def broken():
        yield from Batches(digits, 100)
        raise OSError("the disk is gone")

    before = weights_of(model.train(was_training))
    evaluate(model, CRITERION, Batches(digits, 50))
    assert model.training is was_training
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
    history = train(model, batch, batch, 50, optimizer=optimizer)
    assert history[-1].train.num_correct == 10
    assert history[-1].train.loss < 0.01


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


# What must not pass silently


@pytest.mark.parametrize("empty", range(3))
def test_an_empty_loader_is_an_error(model, digits, empty):
    loaders = 3 * [Batches(digits[:10], 10)]
    loaders[empty] = []
    with pytest.raises(ValueError, match="no batch: give it at least one example"):
        train(model, *loaders[:2], train_eval_loader=loaders[2])


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_a_criterion_without_the_mean_is_refused_before_a_weight_changes(
    model, digits, reduction
):
    criterion, batches = nn.CrossEntropyLoss(reduction=reduction), Batches(digits, 150)
    before = weights_of(model)
    for score_or_train in (evaluate, partial(train_epoch, optimizer=sgd(model))):
        with pytest.raises(ValueError, match=f"reduction is '{reduction}': use 'mean'"):
            score_or_train(model, criterion, loader=batches)
    assert torch.equal(weights_of(model), before)


def test_a_loss_that_explodes_is_an_error(model, digits):
    batches = Batches(digits, 50)
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        train(model, batches, batches, 2, optimizer=sgd(model, 1e38))
