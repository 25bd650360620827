from concurrent.futures import ProcessPoolExecutor

import pytest

NEEDS_NMS = """
import torch
torch.library.register_fake("torchvision::nms", lambda dets, scores, iou_threshold: 0)
"""


def _import_beside(folder: str) -> bool:
    """Import torchvision from a folder; return whether operators were declared."""
    import sys

    sys.path.insert(0, folder)
    from lenet import vision

    assert vision.torchvision.__file__.startswith(folder)
    return hasattr(vision, "_library")


@pytest.fixture
def declared_for(tmp_path, processes):
    def run(source: str) -> bool:
        (tmp_path / "torchvision").mkdir()
        (tmp_path / "torchvision" / "__init__.py").write_text(source)
        with ProcessPoolExecutor(1, mp_context=processes) as executor:
            return executor.submit(_import_beside, str(tmp_path)).result()

    return run


def test_nothing_is_declared_where_torchvision_loads(declared_for):
    assert declared_for("") is False


def test_a_torchvision_without_its_operators_loads_all_the_same(declared_for):
    assert declared_for(NEEDS_NMS) is True


def test_another_failure_of_torchvision_is_not_hidden(declared_for):
    with pytest.raises(RuntimeError, match="libjpeg is broken"):
        declared_for("raise RuntimeError('libjpeg is broken')")


def test_an_operator_missing_for_good_is_not_hidden(declared_for):
    with pytest.raises(RuntimeError, match="torchvision::nms is gone"):
        declared_for("raise RuntimeError('torchvision::nms is gone')")


def test_the_installed_torchvision_has_its_data_sets_and_transforms():
    from lenet.vision import torchvision

    assert torchvision.datasets.MNIST.mirrors
    assert torchvision.transforms.ToTensor()
