"""Studies: what takes longer than a minute, run once and stored with its origin.

A study is a module of this package with three names: ``QUESTION``, what it answers;
``members()``, the list of its independent runs, each a dict of keyword arguments; and
``run(**member)``, which does one of them and returns numbers ready for JSON. It is run
by ``make study NAME=seeds``.
"""
