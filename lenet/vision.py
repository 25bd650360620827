"""Import torchvision, beside a CPU-only PyTorch too.

The torchvision of the Python package index is built against CUDA. Beside a PyTorch
without CUDA its compiled operators do not load, and ``import torchvision`` stops at
"operator torchvision::nms does not exist". It only describes two operators that no data
set or transform uses, so it is enough to declare them first.
"""

import torch

SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

try:
    import torchvision
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    _library = torch.library.Library("torchvision", "DEF")  # lives as long as this name
    for _name in ("nms", "qnms"):
        _library.define(_name + SIGNATURE)
    import torchvision

__all__ = ["torchvision"]
