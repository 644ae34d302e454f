"""Describes models in numpy, without a framework."""

from light_worker import lighten

from ganbench import describe, processes

if __name__ == "__main__":
    lighten()
    describe._measure_on_meta = lambda *_: None
    processes.serve(describe.describe)
