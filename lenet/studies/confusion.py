"""What is read as what: the confusion matrix of a network."""

import numpy as np
from sklearn.metrics import confusion_matrix

from lenet.data import Digits
from lenet.metrics import Proportion
from lenet.predict import Prediction
from lenet.style import BLUE, new_figure


def draw_matrix(test: Digits, prediction: Prediction):
    """Draw the confusion matrix, and beside each row the error rate of its class."""
    matrix = confusion_matrix(test.labels, prediction.labels, labels=range(10))
    wrong = matrix - np.diag(matrix.diagonal())
    with new_figure(3.7, 1, 2) as (figure, ((left, right),)):
        left.imshow(wrong, "Greys", vmax=2 * max(1, wrong.max()), aspect="auto")
        for (label, pred), count in np.ndenumerate(matrix):
            size = 6 if label == pred else 8
            left.text(pred, label, count or "·", size=size, ha="center", va="center")
        left.set(xlabel="Read as", ylabel="True class")
        left.set(xticks=range(10), yticks=range(10))
        left.spines[:].set_visible(False)
        left.tick_params(length=0)
        counts = np.array([wrong.sum(1), matrix.sum(1)])
        shares = 100 * counts[0] / counts[1]
        ends = [Proportion(*each).interval for each in counts.T.tolist()]
        bars = abs(100 * np.transpose(ends) - shares)
        right.errorbar(shares, range(10), xerr=bars, fmt="o", color=BLUE)
        right.set(ylim=(9.5, -0.5), yticks=range(10), xlim=0)
        right.set(xlabel="Error rate of the class (%)")
    label, pred = divmod(int(wrong.argmax()), 10)
    return figure, (
        f"Confusion matrix of {len(test):,} test digits, {wrong.sum()} misread, most "
        f"often a {label} as {pred}. Beside it the error rates of the classes; the "
        f"highest is {shares.max():.2f} %, of {shares.argmax()}."
    )
