"""The real command over models that need no framework: its processes start in half a second."""

import os
from pathlib import Path

from light_worker import lighten

from ganbench import cli, overview, processes, runner

LIGHT = {"ganbench.worker": "light_worker", "ganbench.describe": "light_describe"}


def run_light() -> None:
    """Let light processes do the work of ours."""
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    run = processes.run
    processes.run = lambda module, *rest: run(LIGHT.get(module, module), *rest)
    runner.WORKER_SILENT = float(os.environ.get("TRIAL_PATIENCE", 600))
    if "TRIAL_REPORT" not in os.environ:  # judge and page take longer than all the rest
        runner._conclude = overview.conclude = lambda *_: None
    lighten()


if __name__ == "__main__":
    run_light()
    cli.main()
