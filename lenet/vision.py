"""The one door to torchvision.

PyTorch's own CPU builds and the torchvision of the Python package index may not fit:
that torchvision is compiled against CUDA, its compiled operators do not load beside a
CPU-only torch, and ``import torchvision`` stops at "operator torchvision::nms does not
exist". It only wants to *describe* two operators that no data set or transform uses, so
declaring them first is enough. Where torchvision loads as it is, nothing is declared.
"""

import torch

MISSING_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def _declare(schemas) -> torch.library.Library:
    library = torch.library.Library("torchvision", "DEF")
    for schema in schemas:
        library.define(schema)
    return library


try:
    import torchvision
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    _library = _declare(MISSING_OPERATORS)  # the declarations live as long as this name
    import torchvision

__all__ = ["torchvision"]
