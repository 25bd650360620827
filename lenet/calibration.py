"""Is a probability of 99 % right 99 times in 100? And which digits to refuse?"""

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional as F


def negative_log_likelihood(logits: Tensor, labels: Tensor) -> float:
    """Return the mean cross-entropy, in nats per digit."""
    return float(F.cross_entropy(logits.double(), labels))


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the number that divides the logits for the best likelihood.

    Args:
        logits: ``(N, 10)`` of digits that were not trained on.
        labels: ``(N,)`` true classes.

    Source: Guo, Pleiss, Sun and Weinberger 2017, sec. 4.2.
    """
    found = minimize_scalar(
        lambda log: negative_log_likelihood(logits / 2.0**log, labels),
        bounds=(-3, 3),
        method="bounded",
    )
    return float(2.0**found.x)


def reliability(probs: Tensor, labels: Tensor, num_bins: int = 15) -> dict:
    """Compare confidence with accuracy, in bins of equally many digits.

    Returns:
        ``confidence`` and ``accuracy``, one mean per bin, ``count`` digits in each, and
        ``error``: the expected calibration error, the mean absolute gap. It is biased
        upwards: even a perfectly calibrated network shows a gap in every finite bin.
    """
    confidence, preds = probs.double().max(1)
    order = confidence.argsort(stable=True)
    right = (preds == labels)[order].double()
    bins = list(
        zip(confidence[order].chunk(num_bins), right.chunk(num_bins), strict=True)
    )
    gaps = sum(abs(float(c.sum() - r.sum())) for c, r in bins)
    return {
        "confidence": [float(c.mean()) for c, _ in bins],
        "accuracy": [float(r.mean()) for _, r in bins],
        "count": [len(c) for c, _ in bins],
        "error": gaps / len(labels),
    }


def rejection_curve(probs: Tensor, labels: Tensor) -> Tensor:
    """Return the errors left among the digits kept, when the least sure are refused.

    Returns:
        ``(N + 1,)`` int64: element k is the number of errors on the N - k digits left
        after refusing the k with the smallest lead of the first class over the second.
    """
    first, second = probs.topk(2, 1).values.unbind(1)
    wrong = (probs.argmax(1) != labels)[(first - second).argsort(stable=True)]
    refused = torch.cat([torch.zeros(1), wrong.cumsum(0)]).long()
    return wrong.sum() - refused


def refused_for(errors_left: Tensor, error_rate: float) -> int | None:
    """Return the fewest digits to refuse for an error rate on the rest; None if never.

    Source: the question of LeCun et al. 1998, Fig. 10, which asks it for 0.5 %.
    """
    kept = torch.arange(len(errors_left) - 1, -1, -1)
    enough = (errors_left <= error_rate * kept) & (kept > 0)
    return int(enough.nonzero()[0]) if enough.any() else None
