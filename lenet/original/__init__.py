"""LeNet-5 as it was in 1998: the network of the paper, trained by the paper's recipe.

``network`` is the network to read, in PyTorch; ``recipe`` the choices of a run and its
initial weights; ``sdlm`` its step sizes; ``kernels`` its layers compiled, ``online`` a
digit at a time through them, fast enough to repeat the training over seeds; ``engine``
the training; ``hybrid`` the steps to today.
"""

from lenet.original.engine import predict, train_1998
from lenet.original.network import LeNet5_1998, rbf_codes
from lenet.original.recipe import Recipe1998

__all__ = ["LeNet5_1998", "Recipe1998", "predict", "rbf_codes", "train_1998"]
