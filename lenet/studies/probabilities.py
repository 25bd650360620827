"""How well probabilities are calibrated, and how many digits to refuse by them."""

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn
from torch.nn import functional as F

from lenet.data import Digits
from lenet.predict import predict_logits

NUM_BINS = 15
TARGET = 0.005  # error rate on the digits kept, the paper's in Fig. 10


def measure(model: nn.Module, val: Digits, test: Digits) -> dict:
    """Fit the temperature on validation digits; judge it on test digits."""
    temperature = fit_temperature(predict_logits(model, val.images), val.labels)
    logits = predict_logits(model, test.images)
    return {
        "temperature": temperature,
        "as_trained": _scores(logits, test.labels),
        "scaled": _scores(logits / temperature, test.labels),
    }


def _scores(logits: Tensor, labels: Tensor) -> dict:
    probs = logits.softmax(1)
    errors_left = rejection_curve(probs, labels)
    refused = [*range(0, min(len(errors_left), 1_001), 10)]
    return {
        "negative_log_likelihood": negative_log_likelihood(logits, labels),
        "reliability": reliability(probs, labels),
        "rejection": {"refused": refused, "errors": errors_left[refused].tolist()},
        "target": {"error_rate": TARGET, "refused": refused_for(errors_left, TARGET)},
    }


def negative_log_likelihood(logits: Tensor, labels: Tensor) -> float:
    """Return the mean cross-entropy, in nats per digit."""
    return float(F.cross_entropy(logits.double(), labels))


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the number that divides the logits for the best likelihood, in 1/8 to 8.

    Source: Guo, Pleiss, Sun and Weinberger 2017, sec. 4.2.
    """

    def loss(log: float) -> float:
        return negative_log_likelihood(logits / 2.0**log, labels)

    return float(2.0 ** minimize_scalar(loss, bounds=(-3, 3)).x)


def reliability(probs: Tensor, labels: Tensor, num_bins: int = NUM_BINS) -> dict:
    """Compare confidence with accuracy, in bins of equally many digits.

    Returns:
        ``confidence`` and ``accuracy``, one mean per bin; ``count`` digits in each; and
        the expected calibration ``error``, the mean absolute gap. It is biased upwards:
        even a perfectly calibrated network shows a gap in every finite bin.
    """
    confidence, preds = probs.double().max(1)
    order = confidence.argsort(stable=True)
    right = (preds == labels)[order].double()
    bins = [*zip(confidence[order].chunk(num_bins), right.chunk(num_bins), strict=True)]
    return {
        "confidence": [float(stated.mean()) for stated, _ in bins],
        "accuracy": [float(found.mean()) for _, found in bins],
        "count": [len(found) for _, found in bins],
        "error": sum(abs(float((s - f).sum())) for s, f in bins) / len(labels),
    }


def rejection_curve(probs: Tensor, labels: Tensor) -> Tensor:
    """Return the errors left among the digits kept, when the least certain are refused.

    Returns:
        ``(N + 1,)`` int64: element k is the number of errors on the N - k digits left
        after refusing the k with the smallest lead of the first class over the second.
    """
    first, second = probs.topk(2, 1).values.unbind(1)
    wrong = (probs.argmax(1) != labels)[(first - second).argsort(stable=True)]
    return wrong.sum() - F.pad(wrong.cumsum(0), (1, 0))


def refused_for(errors_left: Tensor, error_rate: float) -> int | None:
    """Return the fewest digits to refuse for an error rate on the rest; None if never.

    Source: the question of LeCun et al. 1998, Fig. 10, which asks it for 0.5 %.
    """
    kept = torch.arange(len(errors_left) - 1, -1, -1)
    enough = (errors_left <= error_rate * kept) & (kept > 0)
    return int(enough.nonzero()[0]) if enough.any() else None
