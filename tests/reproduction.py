"""Judge a run that was made again by the stored runs of the same study.

On another processor a run rounds otherwise and ends as with another seed. Its error
rate must then be one that runs which differ in their seed alone make likely.
"""

from math import exp, log

import numpy as np
from scipy.stats import t as student

CONFIDENCE = 0.999


def settings(member: dict) -> tuple:
    """Return what a member shares with those that differ from it in their seed."""
    return tuple(sorted((k, str(v)) for k, v in member.items() if k != "seed"))


def likely_rates(stored: dict, member: dict, rate) -> tuple[float, float]:
    """Return the prediction interval for the rate of one more run like a member.

    Rates vary from seed to seed by about the same factor under all settings of a study,
    so the spread of their logarithms is pooled over the settings.

    Args:
        stored: a stored study, its members in groups that differ in their seed alone.
        member: the arguments of the run that is made again.
        rate: takes the result of a member, returns its error rate.
    """
    groups: dict[tuple, list[float]] = {}
    for each in stored["members"]:
        group = groups.setdefault(settings(each["member"]), [])
        group.append(log(rate(each["result"])))
    mine = groups[settings(member)]
    residuals = np.concatenate([g - np.mean(g) for g in map(np.array, groups.values())])
    freedom = len(residuals) - len(groups)
    sd = np.sqrt((residuals**2).sum() / freedom)
    half = student.ppf((1 + CONFIDENCE) / 2, freedom) * sd * (1 + 1 / len(mine)) ** 0.5
    return exp(np.mean(mine) - half), exp(np.mean(mine) + half)
