import pytest
import torch

from lenet import Batches, Digits, load_dataset
from lenet.data import pad, split_train_val
from lenet.mnist import cache_dir

COUNTS = {  # of each class, as published
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}


def numbered(num_digits: int) -> Digits:
    """Digits that can be told apart: number i has label i and only the value i."""
    labels = torch.arange(num_digits)
    return Digits(labels.to(torch.uint8).view(-1, 1, 1).expand(-1, 32, 32), labels)


def labels_of(batches) -> list[int]:
    return [int(label) for _, labels in batches for label in labels]


# Which data set


@pytest.mark.parametrize("part", COUNTS)
def test_mnist_is_complete_and_padded(mnist, part):
    digits = mnist.train if part == "train" else mnist.read_test()
    assert digits.labels.bincount().tolist() == COUNTS[part]
    assert digits.images.shape == (len(digits), 32, 32)
    assert digits.images.dtype == torch.uint8
    assert (digits.images.min(), digits.images[:, 2:30, 2:30].max()) == (0, 255)
    assert not mnist.is_sample


def test_the_sample_is_whole_and_says_that_it_is_no_mnist(sample):
    test = sample.read_test()
    assert (len(sample.train), len(test)) == (1297, 500)
    counts = torch.cat([sample.train.labels, test.labels]).bincount()
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (sample.train.images.dtype, int(test.images.max())) == (torch.uint8, 255)
    assert "1,297" in sample.banner
    assert "nothing about MNIST" in sample.banner


@pytest.mark.parametrize(("argument", "environment"), [("{}", "sample"), ("", "{}")])
def test_mnist_wanted_and_missing_or_an_unknown_data_set_is_an_error(
    tiny, monkeypatch, argument, environment
):
    for choice, error, message in (
        ("mnist", FileNotFoundError, "set MNIST_DIR"),
        ("nonsense", ValueError, "'nonsense': give 'mnist' or 'sample'"),
    ):
        monkeypatch.setenv("DATASET", environment.format(choice))
        with pytest.raises(error, match=message):
            load_dataset(argument.format(choice))


def test_the_sample_stands_in_loudly_and_only_where_mnist_is_not(
    tiny, capsys, monkeypatch
):
    assert load_dataset().is_sample
    printed = capsys.readouterr().out
    assert "*** MNIST IS NOT AT HAND: USING THE SAMPLE DIGITS ***" in printed
    assert "set MNIST_DIR" in printed
    labels = tiny.write(cache_dir()) / "train-labels-idx1-ubyte.gz"
    assert not load_dataset().is_sample
    assert capsys.readouterr().out == ""
    labels.write_bytes(labels.read_bytes()[:-1])
    with pytest.raises(ValueError, match="truncated"):
        load_dataset()
    monkeypatch.setenv("MNIST_DIR", "/mistyped")
    with pytest.raises(FileNotFoundError, match="mistyped"):
        load_dataset()


def test_the_test_digits_are_read_only_when_asked_for(tiny):
    images = torch.tensor(tiny.arrays["t10k-images-idx3-ubyte"]).byte()
    for path in tiny.write(cache_dir()).glob("t10k*"):
        path.unlink()
    dataset = load_dataset("mnist")
    with pytest.raises(FileNotFoundError, match="t10k"):
        dataset.read_test()
    tiny.write(cache_dir())
    assert torch.equal(dataset.read_test().images[:, 2:30, 2:30], images)


# Padding and splits


@pytest.mark.parametrize("size", [28, 2, 32])
def test_padding_is_centred_and_changes_no_pixel(size):
    images = torch.randint(1, 256, (3, size, size), dtype=torch.uint8)
    padded, inside = pad(images), slice((32 - size) // 2, (32 + size) // 2)
    assert padded.shape == (3, 32, 32)
    assert torch.equal(padded[:, inside, inside], images)
    assert padded.count_nonzero() == images.count_nonzero(), "background is not 0"


@pytest.mark.parametrize("shape", [(34, 34), (27, 27), (28, 30)])
def test_an_image_that_cannot_be_padded_is_refused_with_its_size(shape):
    with pytest.raises(ValueError, match=f"{shape[0]}x{shape[1]}: scale or crop"):
        pad(torch.zeros(1, *shape, dtype=torch.uint8))


def test_a_split_is_disjoint_and_complete_and_depends_on_its_seed_alone():
    train, val = split_train_val(numbered(100), 30, seed=0)
    assert (len(train), len(val)) == (70, 30)
    assert sorted(train.labels.tolist() + val.labels.tolist()) == list(range(100))
    assert torch.equal(val.images[:, 0, 0], val.labels), "images lost their labels"
    torch.manual_seed(123)
    again, other = (split_train_val(numbered(100), 30, seed)[1] for seed in (0, 1))
    assert torch.equal(again.labels, val.labels)
    assert not torch.equal(other.labels, val.labels)
    for val_size in (0, 100):
        with pytest.raises(ValueError, match=f"val_size is {val_size} of 100"):
            split_train_val(numbered(100), val_size, seed=0)


# Batches


@pytest.mark.parametrize("batch_size", [1, 7, 23, 100])
def test_every_digit_comes_once_an_epoch_with_its_label_and_from_0_to_1(batch_size):
    digits, shuffle = numbered(23), torch.Generator().manual_seed(0)
    shuffled = Batches(digits, batch_size, shuffle=shuffle)
    assert labels_of(Batches(digits, batch_size)) == list(range(23))
    assert sorted(labels_of(shuffled)) == list(range(23))
    assert len(list(shuffled)) == len(shuffled)
    for images, labels in shuffled:
        assert images.shape == (len(labels), 1, 32, 32)
        assert len(labels) in (batch_size, 23 % batch_size)
        torch.testing.assert_close(images[:, 0, 5, 5], labels / 255)
    assert torch.equal(digits.images, numbered(23).images), "scaled in place"


def test_every_epoch_has_another_order_which_the_seed_alone_decides():
    def orders(seed):
        generator = torch.Generator().manual_seed(seed)
        batches = Batches(numbered(50), 8, shuffle=generator)
        return [labels_of(batches) for _ in range(3)]

    before = torch.get_rng_state()
    epochs = orders(0)
    assert torch.equal(torch.get_rng_state(), before), "drew from the global generator"
    assert len({str(each) for each in (*epochs, list(range(50)))}) == 4
    torch.manual_seed(1)
    assert orders(0) == epochs
    assert orders(1)[0] != epochs[0]
