"""The real command over models that need no framework: its processes start in half a second."""

import os
from pathlib import Path

from light_worker import lighten

from ganbench import jobs
from ganbench.cli import main, plan_summary
from ganbench.runner import suite_runner
from ganbench.runner.cluster import fleet, judge
from ganbench.system import child_process

LIGHT = {
    "ganbench.training.worker": "light_worker",
    "ganbench.planning.inspect_models": "light_describe",
}


def run_light() -> None:
    """Let light processes do the work of ours."""
    here = Path(__file__).parent
    os.environ["PYTHONPATH"] = os.pathsep.join([str(here), str(here.parents[2])])
    run = child_process.run
    jobs.WORKER = "light_worker"  # on a node, whose processes must find it too
    child_process.run = lambda module, *rest: run(LIGHT.get(module, module), *rest)
    fleet.GONE_SECONDS = float(os.environ.get("TRIAL_GONE", fleet.GONE_SECONDS))
    suite_runner.WORKER_SILENT = float(os.environ.get("TRIAL_PATIENCE", 600))
    _show(os.environ.get("TRIAL_REPORT"))
    lighten()


def _show(what: str | None) -> None:
    """Judge and build the page only where they are asked for: they take longer than all else."""
    if what is None:
        judge.told = lambda *_: None
    if what in (None, "nodes"):  # as far as the nodes of a cluster judge
        suite_runner._conclude = plan_summary.conclude = lambda *_: None
    elif what == "scores":  # no page
        suite_runner.report = plan_summary.conclude = lambda *_: None


if __name__ == "__main__":
    run_light()
    main.main()
