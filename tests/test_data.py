import pytest
import torch

from lenet import Batches, Digits, load_dataset
from lenet.data import pad, seed_report_splits, split_train_val, to_input
from lenet.mnist import MnistDamagedError, MnistMissingError, cache_dir


def numbered(num_digits: int) -> Digits:
    """Digits that can be told apart: number i has label i and only the value i."""
    labels = torch.arange(num_digits)
    return Digits(labels.to(torch.uint8).view(-1, 1, 1).expand(-1, 32, 32), labels)


# Which data set


def test_mnist_is_padded_and_complete(mnist):
    test = mnist.read_test()
    assert (len(mnist.train), len(test)) == (60_000, 10_000)
    assert mnist.train.images.shape == (60_000, 32, 32)
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.banner is None


def test_the_sample_is_whole_and_says_that_it_is_no_mnist(sample):
    test = sample.read_test()
    assert (len(sample.train), len(test)) == (1297, 500)
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # scikit-learn's
    both = zip(sample.train.counts(), test.counts(), strict=True)
    assert [sum(pair) for pair in both] == counts
    assert sample.train.images.shape[1:] == (32, 32)
    assert sample.train.images.dtype == torch.uint8
    assert int(sample.train.images.max()) == 255
    assert sample.is_sample
    assert "1,297" in sample.banner
    assert "nothing about MNIST" in sample.banner


def test_mnist_wanted_and_missing_is_an_error(tiny, monkeypatch):
    with pytest.raises(MnistMissingError):
        load_dataset("mnist")
    monkeypatch.setenv("DATASET", "mnist")
    with pytest.raises(MnistMissingError):
        load_dataset()


@pytest.mark.parametrize("way", ["argument", "environment"])
def test_an_unknown_data_set_is_an_error(tiny, monkeypatch, way):
    monkeypatch.setenv("DATASET", "nonsense")
    with pytest.raises(ValueError, match="'nonsense': give 'mnist' or 'sample'"):
        load_dataset("nonsense" if way == "argument" else None)


def test_the_argument_goes_before_the_environment(tiny, monkeypatch):
    monkeypatch.setenv("DATASET", "mnist")
    assert load_dataset("sample").is_sample


def test_the_sample_stands_in_only_loudly(tiny, capsys):
    assert load_dataset().is_sample
    printed = capsys.readouterr().out
    assert "*** MNIST IS NOT AT HAND: USING THE SAMPLE DIGITS ***" in printed
    assert "set MNIST_DIR" in printed


def test_mnist_is_taken_without_being_asked_for_where_it_is(tiny, capsys):
    tiny.write(cache_dir())
    dataset = load_dataset()
    assert (dataset.name, dataset.is_sample) == ("MNIST", False)
    assert capsys.readouterr().out == ""


def test_the_sample_never_stands_in_for_a_damaged_file(tiny):
    labels = tiny.write(cache_dir()) / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(labels.read_bytes()[:-1])
    with pytest.raises(MnistDamagedError):
        load_dataset()


def test_the_sample_never_stands_in_where_mnist_dir_is_wrong(
    tiny, tmp_path, monkeypatch
):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "mistyped"))
    with pytest.raises(MnistMissingError, match="mistyped"):
        load_dataset()


def test_the_test_digits_are_read_only_when_asked_for(tiny):
    for path in tiny.write(cache_dir()).glob("t10k*"):
        path.unlink()
    dataset = load_dataset("mnist")
    assert len(dataset.train) == 20
    with pytest.raises(MnistMissingError, match="t10k"):
        dataset.read_test()


def test_the_seed_reports_splits_are_the_training_and_the_test_digits(tiny):
    tiny.write(cache_dir())
    train, val = seed_report_splits(load_dataset("mnist"))
    assert train.labels.tolist() == tiny.arrays["train", "labels"].tolist()
    assert val.labels.tolist() == tiny.arrays["test", "labels"].tolist()
    images = torch.tensor(tiny.arrays["test", "images"], dtype=torch.uint8)
    assert torch.equal(val.images[:, 2:30, 2:30], images)


# Padding


@pytest.mark.parametrize("size", [28, 20, 2, 32])
def test_padding_is_centred_and_changes_no_pixel(size):
    images = torch.randint(1, 256, (3, size, size), dtype=torch.uint8)
    padded = pad(images)
    margin = (32 - size) // 2
    inside = slice(margin, margin + size)
    assert padded.shape == (3, 32, 32)
    assert torch.equal(padded[:, inside, inside], images)
    assert padded.count_nonzero() == images.count_nonzero(), "background is not 0"


@pytest.mark.parametrize("shape", [(33, 33), (34, 34), (27, 27), (28, 30)])
def test_an_image_that_cannot_be_padded_is_refused_with_its_size(shape):
    with pytest.raises(ValueError, match=f"{shape[0]}x{shape[1]}: scale or crop"):
        pad(torch.zeros(1, *shape, dtype=torch.uint8))


# Splits


def test_a_split_is_disjoint_and_complete():
    train, val = split_train_val(numbered(100), 30, seed=0)
    assert (len(train), len(val)) == (70, 30)
    assert sorted(train.labels.tolist() + val.labels.tolist()) == list(range(100))
    assert torch.equal(val.images[:, 0, 0], val.labels), "images lost their labels"


def test_a_split_depends_on_its_seed_alone():
    one = split_train_val(numbered(100), 30, seed=1)[1].labels
    torch.manual_seed(123)
    again = split_train_val(numbered(100), 30, seed=1)[1].labels
    other = split_train_val(numbered(100), 30, seed=2)[1].labels
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("val_size", [0, 100, 101, -1])
def test_a_split_leaves_something_on_both_sides(val_size):
    with pytest.raises(ValueError, match=f"val_size is {val_size} of 100"):
        split_train_val(numbered(100), val_size, seed=0)


# Batches


def labels_of(batches) -> list[int]:
    return [int(label) for _, labels in batches for label in labels]


@pytest.mark.parametrize("batch_size", [1, 7, 23, 100])
@pytest.mark.parametrize("shuffled", [True, False])
def test_every_digit_comes_once_an_epoch(batch_size, shuffled):
    shuffle = torch.Generator().manual_seed(0) if shuffled else None
    batches = Batches(numbered(23), batch_size, shuffle=shuffle)
    for _ in range(2):
        sizes = [len(labels) for _, labels in batches]
        assert len(sizes) == len(batches)
        assert set(sizes[:-1]) <= {batch_size}
        assert sorted(labels_of(batches)) == list(range(23))


def test_images_stay_with_their_labels_and_become_0_to_1():
    shuffle = torch.Generator().manual_seed(0)
    for images, labels in Batches(numbered(256), 100, shuffle=shuffle):
        assert images.shape[1:] == (1, 32, 32)
        assert images.dtype == torch.float32
        assert labels.dtype == torch.int64
        assert torch.equal(images[:, 0, 5, 5], labels / 255)


def test_every_epoch_has_another_order_and_the_seed_repeats_them():
    def orders(seed):
        generator = torch.Generator().manual_seed(seed)
        batches = Batches(numbered(50), 8, shuffle=generator)
        return [labels_of(batches) for _ in range(3)]

    first, second, third = orders(0)
    in_order = list(range(50))
    assert len({str(each) for each in (first, second, third, in_order)}) == 4
    torch.manual_seed(1)
    assert orders(0) == [first, second, third]
    assert orders(1)[0] != first


def test_shuffling_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    labels_of(Batches(numbered(50), 8, shuffle=torch.Generator().manual_seed(0)))
    assert torch.equal(torch.get_rng_state(), before)


def test_without_shuffling_the_order_is_kept():
    assert labels_of(Batches(numbered(50), 8)) == list(range(50))


@pytest.mark.parametrize(("num_digits", "batch_size"), [(0, 8), (5, 0), (5, -1)])
def test_nothing_to_cut_is_an_error(num_digits, batch_size):
    with pytest.raises(ValueError, match=f"{num_digits} digits .* {batch_size}$"):
        Batches(numbered(num_digits), batch_size)


def test_input_leaves_the_digits_as_they_were():
    images = numbered(3).images.clone()
    assert float(to_input(images).max()) == pytest.approx(2 / 255)
    assert torch.equal(images, numbered(3).images)
