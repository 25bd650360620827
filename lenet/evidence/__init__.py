"""What the numbers are worth: stored studies and the published network, looked at.

``measure`` turns the results of a study into numbers; ``rules`` says in advance what
makes a claim hold; ``summary`` applies the rules; ``tables``, ``plots``, ``trust``,
``hardship`` and ``pictures`` show what was measured.
"""
