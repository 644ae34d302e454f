"""ganbench: train different GANs under one budget, judge them by one protocol, show one page."""

__version__ = "0.1.0"
