from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

NEEDS_NMS = """
import torch
torch.library.register_fake("torchvision::nms", lambda dets, scores, iou_threshold: 0)
"""


def _import_beside(folder: Path, source: str) -> str:
    """Import a torchvision with this source; say what came of it."""
    import sys

    (folder / "torchvision.py").write_text(source)
    sys.path.insert(0, str(folder))
    try:
        from lenet import vision
    except RuntimeError as error:
        return str(error)
    assert Path(vision.torchvision.__file__).parent == folder
    return "declared" if hasattr(vision, "_library") else "nothing declared"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "nothing declared"),
        (NEEDS_NMS, "declared"),
        ("raise RuntimeError('libjpeg is broken')", "libjpeg is broken"),
        ("raise RuntimeError('torchvision::nms is gone')", "torchvision::nms is gone"),
    ],
)
def test_operators_are_declared_where_they_alone_are_missing(
    processes, tmp_path, source, expected
):
    with ProcessPoolExecutor(1, mp_context=processes) as executor:
        assert executor.submit(_import_beside, tmp_path, source).result() == expected
