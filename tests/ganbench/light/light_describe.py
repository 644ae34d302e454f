"""Describes models in numpy, without a framework."""

from light_worker import lighten

from ganbench.planning import inspect_models
from ganbench.system import child_process

if __name__ == "__main__":
    lighten()
    inspect_models.measure_on_meta = lambda *_: None
    child_process.serve(inspect_models.describe)
