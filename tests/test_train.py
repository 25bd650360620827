from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from lenet import Batches, Config, evaluate, fit, load_dataset, training_loop
from lenet.model import new_model
from lenet.run import follow_one_cycle, new_loaders, new_optimizer
from lenet.train import EpochRecord, train_epoch

CRITERION = nn.CrossEntropyLoss()
CONFIG = Config(num_epochs=2, seed=3)


def sgd(model, learning_rate=0.1):
    return torch.optim.SGD(model.parameters(), lr=learning_rate)


def weights_of(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


@pytest.fixture(scope="module")
def digits(sample):
    return sample.train[:150]


@pytest.fixture(scope="module")
def val(sample):
    return sample.read_test()[:100]


@pytest.fixture
def model():
    return new_model(seed=0)


# Scoring


@torch.no_grad()
def numpy_scores(model, digits):
    """Count anew, in NumPy and in double precision."""
    logits = model(digits.images[:, None] / 255).double().numpy()
    labels = digits.labels.numpy()
    log_sums = np.log(np.exp(logits).sum(1))
    loss = (log_sums - logits[np.arange(len(labels)), labels]).mean()
    return loss, int((logits.argmax(1) == labels).sum()), len(labels)


@pytest.mark.parametrize("batch_size", [1, 7, 64, 100, 150, 1_000])
def test_scores_are_exact_whatever_the_batch_size(model, digits, batch_size):
    train_epoch(model, CRITERION, sgd(model), Batches(digits, 10))
    loss, num_correct, num_examples = numpy_scores(model, digits)
    scores = evaluate(model, CRITERION, Batches(digits, batch_size))
    assert (scores.num_correct, scores.num_examples) == (num_correct, num_examples)
    assert scores.loss == pytest.approx(loss, rel=1e-6)


def test_scores_are_those_of_the_digits_given(model, digits, val):
    train, other = (evaluate(model, CRITERION, Batches(d, 50)) for d in (digits, val))
    assert train != other


@pytest.mark.parametrize("was_training", [True, False])
def test_scoring_changes_neither_weights_nor_mode(model, digits, was_training):
    model.train(was_training)
    before = weights_of(model)
    evaluate(model, CRITERION, Batches(digits, 50))
    assert torch.equal(weights_of(model), before)
    assert model.training is was_training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_loader_that_fails_leaves_the_model_in_its_mode(model, digits):
    def broken():
        yield from Batches(digits, 100)
        raise OSError("the disk is gone")

    model.train()
    with pytest.raises(OSError, match="the disk is gone"):
        evaluate(model, nn.CrossEntropyLoss(), broken())
    assert model.training


def test_scoring_runs_in_evaluation_mode_and_training_in_training_mode(digits):
    modes = []
    network = nn.Sequential(nn.Flatten(), nn.Linear(1024, 10))
    network.register_forward_hook(lambda module, *_: modes.append(module.training))
    network.eval()
    train_epoch(network, CRITERION, sgd(network), Batches(digits, 150))
    evaluate(network, CRITERION, Batches(digits, 150))
    train_epoch(network, CRITERION, sgd(network), Batches(digits, 150))
    assert modes == [True, False, True]


# The loop


def test_one_epoch_takes_the_steps_of_plain_gradient_descent(model, digits):
    by_hand = deepcopy(model)
    losses = []
    for start in (0, 60, 120):  # the last batch is half as large
        part = digits[start : start + 60]
        loss = CRITERION(by_hand(part.images[:, None] / 255), part.labels)
        grads = torch.autograd.grad(loss, list(by_hand.parameters()))
        with torch.no_grad():
            for parameter, grad in zip(by_hand.parameters(), grads, strict=True):
                parameter -= 0.1 * grad
        losses.append(float(loss.detach()))
    mean = train_epoch(model, CRITERION, sgd(model), Batches(digits, 60))
    torch.testing.assert_close(weights_of(model), weights_of(by_hand))
    assert mean == pytest.approx(
        (60 * losses[0] + 60 * losses[1] + 30 * losses[2]) / 150
    )


def test_the_history_holds_scores_after_the_epoch_and_the_loss_during_it(
    model, digits, val
):
    loaders = Batches(digits, 32), Batches(val, 32)
    model, history = training_loop(
        model, CRITERION, sgd(model), *loaders, 3, print_every=0
    )
    assert [record.epoch for record in history] == [1, 2, 3]
    assert history[-1].train == evaluate(model, CRITERION, loaders[0])
    assert history[-1].val == evaluate(model, CRITERION, loaders[1])
    assert history[-1].val.num_examples == 100
    assert history[0].running_loss > history[0].train.loss, "weights improved meanwhile"


def test_one_batch_can_be_learned_by_heart(model, digits):
    batch = Batches(digits[:10], 10)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    _, history = training_loop(
        model, CRITERION, optimizer, batch, batch, 50, print_every=0
    )
    assert history[-1].train.num_correct == 10
    assert history[-1].train.loss < 0.01


def test_lines_are_printed_every_so_many_epochs_and_at_the_end(
    model, digits, val, capfd
):
    def printed(**how):
        batches = Batches(digits[:10], 10), Batches(val[:10], 10)
        _, history = training_loop(model, CRITERION, sgd(model), *batches, 5, **how)
        out, err = capfd.readouterr()
        assert err == "", "a report would show a progress bar as an error"
        return out.splitlines(), [str(record) for record in history]

    lines, records = printed()
    assert lines == records
    lines, records = printed(print_every=2)
    assert lines == [records[1], records[3], records[4]]
    lines, _ = printed(print_every=0)
    assert lines == []


def test_a_line_says_which_digits_and_with_units():
    record = EpochRecord.fromdict(
        {
            "epoch": 7,
            "running_loss": 0.5,
            "train": {"loss": 0.25, "num_correct": 99, "num_examples": 100},
            "val": {"loss": 0.75, "num_correct": 9, "num_examples": 10},
        }
    )
    assert str(record) == (
        "epoch   7   training loss 0.2500, accuracy 99.00 %   "
        "validation loss 0.7500, accuracy 90.00 %"
    )
    assert EpochRecord.fromdict(record.asdict()) == record


def test_a_history_is_taken_up_where_it_ended(model, digits, val):
    batches = Batches(digits, 50), Batches(val, 50)
    whole, through = training_loop(
        deepcopy(model), CRITERION, sgd(model), *batches, 1, print_every=0
    )
    optimizer = sgd(whole)
    seen = []
    _, history = training_loop(
        whole,
        CRITERION,
        optimizer,
        *batches,
        3,
        print_every=0,
        history=through,
        after_epoch=lambda h: seen.append(len(h)),
    )
    assert history[:1] == through
    assert [record.epoch for record in history] == [1, 2, 3]
    assert seen == [2, 3]
    assert len(through) == 1, "the caller's own list grew"


def test_a_stock_data_loader_of_torchvisions_mnist_works_unchanged(tiny, tmp_path):
    from lenet.vision import torchvision

    tiny.write(tmp_path / "MNIST" / "raw", packed=False)
    transforms = torchvision.transforms
    transform = transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()])
    train, test = (
        torchvision.datasets.MNIST(tmp_path, train=train, transform=transform)
        for train in (True, False)
    )
    loaders = DataLoader(train, batch_size=8, shuffle=True), DataLoader(test, 8)
    model = new_model(seed=0)
    before = weights_of(model)
    model, history = training_loop(
        model, CRITERION, sgd(model), *loaders, 2, print_every=0
    )
    assert not torch.equal(weights_of(model), before)
    scores = history[-1].train, history[-1].val
    assert [each.num_examples for each in scores] == [20, 10]


class Stream(IterableDataset):
    """Digits one by one, of unknown number."""

    def __init__(self, digits):
        self.digits = digits

    def __iter__(self):
        for image, label in zip(self.digits.images, self.digits.labels, strict=True):
            yield image[None] / 255, label


def test_loaders_of_unknown_length_work(model, digits):
    loader = DataLoader(Stream(digits), batch_size=40)
    _, history = training_loop(
        model,
        CRITERION,
        sgd(model),
        loader,
        loader,
        1,
        train_eval_loader=loader,
        print_every=0,
    )
    assert history[-1].train.num_examples == 150


# What must not pass silently


@pytest.mark.parametrize("empty", ["train_loader", "valid_loader", "train_eval_loader"])
def test_an_empty_loader_is_an_error(model, digits, empty):
    batches = Batches(digits[:10], 10)
    loaders = dict.fromkeys(
        ("train_loader", "valid_loader", "train_eval_loader"), batches
    ) | {empty: []}
    with pytest.raises(ValueError, match="no batch: give it at least one example"):
        training_loop(
            model=model,
            criterion=CRITERION,
            optimizer=sgd(model),
            epochs=1,
            print_every=0,
            **loaders,
        )


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_a_criterion_without_the_mean_is_refused_before_a_weight_changes(
    model, digits, reduction
):
    criterion, batches = nn.CrossEntropyLoss(reduction=reduction), Batches(digits, 150)
    before = weights_of(model)
    with pytest.raises(ValueError, match=f"reduction is '{reduction}': use 'mean'"):
        training_loop(model, criterion, sgd(model), batches, batches, 1)
    assert torch.equal(weights_of(model), before)


def test_a_loss_that_explodes_is_an_error(model, digits):
    batches = Batches(digits, 50)
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        training_loop(model, CRITERION, sgd(model, 1e38), batches, batches, 2)


# A whole run


def _history_of(config: Config) -> list[dict]:
    digits = load_dataset("sample").train[:150]
    _, history = fit(config, digits, digits[:50], print_every=0)
    return [record.asdict() for record in history]


def test_the_seed_alone_decides_a_run(processes):
    """Another process, with another hash seed, gives the same bits."""
    here = _history_of(CONFIG)
    with ProcessPoolExecutor(1, mp_context=processes) as executor:
        there = executor.submit(_history_of, CONFIG).result()
    torch.manual_seed(77)
    assert there == here == _history_of(CONFIG)
    assert _history_of(CONFIG.but(seed=4)) != here


def test_a_run_learns_and_shuffles(digits, val):
    order = []

    class Watched(Batches):
        def __iter__(self):
            for images, labels in super().__iter__():
                order.append(labels)
                yield images, labels

    train_loader, *_ = new_loaders(CONFIG, digits, val)
    train_loader.__class__ = Watched
    model = new_model(CONFIG.seed)
    optimizer = new_optimizer(model, CONFIG)
    first = train_epoch(model, CRITERION, optimizer, train_loader)
    second = train_epoch(model, CRITERION, optimizer, train_loader)
    assert second < first
    epochs = torch.cat(order).split(len(digits))
    assert not torch.equal(epochs[0], digits.labels)
    assert not torch.equal(epochs[0], epochs[1])
    assert torch.equal(epochs[0].bincount(), digits.labels.bincount())


def test_scoring_and_splitting_do_not_move_the_training_order(digits, val):
    """The weights are those of a bare loop that scores nothing."""
    model, _ = fit(CONFIG, digits, val, print_every=0)
    bare = new_model(CONFIG.seed)
    optimizer = torch.optim.Adam(bare.parameters(), lr=CONFIG.learning_rate, fused=True)
    shuffle = torch.Generator().manual_seed(CONFIG.seed)
    for _ in range(CONFIG.num_epochs):
        batches = Batches(digits, CONFIG.batch_size, shuffle=shuffle)
        train_epoch(bare, CRITERION, optimizer, batches)
    assert torch.equal(weights_of(model), weights_of(bare))


@pytest.mark.parametrize("done", [0, 13])
def test_one_cycle_climbs_to_the_rate_given_and_falls_to_nothing(model, done):
    config, rates = CONFIG.but(one_cycle=True, learning_rate=0.1), []
    optimizer = new_optimizer(model, config)
    follow_one_cycle(optimizer, config, num_steps=40, step=done)
    CRITERION(model(torch.rand(2, 1, 32, 32)), torch.tensor([1, 2])).backward()
    for _ in range(done, 40):
        optimizer.step()
        rates.append(optimizer.param_groups[0]["lr"])
    peak = 10 - done
    if done == 0:
        assert rates[0] == pytest.approx(0.004)
        assert rates[peak] == max(rates) == pytest.approx(0.1)
        assert np.diff(rates[: peak + 1]) == pytest.approx(10 * [0.0096])
    assert (np.diff(rates[max(peak, 0) :]) < 0).all()
    assert rates[25 - done] == pytest.approx(0.05), "half way down, half the rate"
    assert 0 < rates[-1] < 0.001


def test_leaving_out_the_training_scores_changes_no_weight(digits, val):
    config = Config(num_epochs=2, one_cycle=True, distortion=1.0)
    (one, scored), (other, unscored) = (
        fit(config, digits, val, score_train=scores, print_every=0)
        for scores in (True, False)
    )
    assert [r.train.num_examples for r in (scored[0], unscored[0])] == [len(digits), 1]
    assert [r.val for r in scored] == [r.val for r in unscored]
    assert all(map(torch.equal, weights_of(one), weights_of(other)))


def test_only_the_digits_trained_on_are_distorted(digits, val):
    config = CONFIG.but(distortion=1.0)
    train_loader, *in_order = new_loaders(config, digits, val)
    for loader, split in zip(in_order, (digits, val), strict=True):
        images = torch.cat([images for images, _ in loader])
        assert torch.equal(images[:, 0], split.images / 255)
    plain_loader, *_ = new_loaders(CONFIG, digits, val)
    (images, labels), (plain, plain_labels) = (
        next(iter(loader)) for loader in (train_loader, plain_loader)
    )
    assert torch.equal(labels, plain_labels)
    assert not torch.equal(images, plain)
    assert float((images - plain).abs().mean()) < float(plain.mean()), "unreadable"


def test_mnist_is_learned(mnist):
    """A twentieth of an epoch leaves a guess (90 % wrong) far behind."""
    _, history = fit(
        Config(num_epochs=1), mnist.train[:3_000], mnist.train[-1_000:], print_every=0
    )
    assert history[-1].val.errors.rate < 0.4
