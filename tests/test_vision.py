from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

NEEDS_NMS = """
import torch
torch.library.register_fake("torchvision::nms", lambda dets, scores, iou_threshold: 0)
"""


def _declared_beside(folder: Path, source: str) -> bool:
    """Import a torchvision with this source; return whether operators were declared."""
    import sys

    (folder / "torchvision.py").write_text(source)
    sys.path.insert(0, str(folder))
    from lenet import vision

    assert Path(vision.torchvision.__file__).parent == folder
    return hasattr(vision, "_library")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", False),
        (NEEDS_NMS, True),
        ("raise RuntimeError('libjpeg is broken')", "libjpeg is broken"),
        ("raise RuntimeError('torchvision::nms is gone')", "torchvision::nms is gone"),
    ],
)
def test_operators_are_declared_where_they_alone_are_missing(
    processes, tmp_path, source, expected
):
    with ProcessPoolExecutor(1, mp_context=processes) as executor:
        declared = executor.submit(_declared_beside, tmp_path, source)
        if isinstance(expected, bool):
            assert declared.result() is expected
        else:
            with pytest.raises(RuntimeError, match=expected):
                declared.result()
