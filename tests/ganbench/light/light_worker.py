"""The worker without a framework: models in numpy train in it, and it starts at once."""

from ganbench.jobs import TrainJob
from ganbench.system import child_process, environment, frameworks
from ganbench.training import worker


def lighten() -> None:
    """Let nothing import a framework."""
    frameworks.prepare = frameworks.set_torch_threads = lambda *_, **__: None
    frameworks.require = lambda *_: None
    frameworks.choose_device = lambda *_: "cpu"
    environment.describe = lambda *_, **__: {"threads": 1, "packages": {}}


if __name__ == "__main__":
    lighten()
    child_process.serve(TrainJob, worker.work)
