"""Every file call of two runs is made to fail, one at a time; nothing finished is lost or torn.

As SQLite tests itself: crash before and after the call, or at the moment the power goes, which
also takes half of every file that was not synced; or the call is refused, once or from then on.
After each, what says it is finished has the bits of an undisturbed run, and so has the end of the
same command started again.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ganbench.system.child_process import plain

HERE = Path(__file__).parent
PARTS = 2  # processes at once
CRASHES = [["before", False], ["after", False], ["power", False]]
ERRORS = [[name, False] for name in ("ENOSPC", "EIO", "EACCES", "EMFILE")]
LASTING = [[name, True] for name, _ in ERRORS]


@pytest.fixture
def folder():
    """In memory where that can be: thousands of small files are not what a disk is for."""
    fast = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    made = tempfile.mkdtemp(dir=fast)
    yield Path(made)
    shutil.rmtree(made)


@pytest.fixture
def tried(folder):
    """Let a script go through its cases in some processes; its calls, and all cases."""

    def go(script, plan):
        started = [
            _start(script, folder / str(part), plan | {"part": part}) for part in range(PARTS)
        ]
        found = [json.loads(process.communicate()[0]) for process in started]
        wrong = [case for part in found for case in part["wrong"]]
        assert not wrong, "\n".join(map(str, wrong[:5]))
        calls, cases = found[0]["calls"], sum(part["cases"] for part in found)
        seconds, cpu = (sum(part[name] for part in found) for name in ("seconds", "cpu"))
        print(f"{calls} file calls, {cases} cases, {seconds:.0f} s in all, {cpu:.0f} s of them CPU")
        return calls, cases

    return go


def _start(script, folder, plan):
    process = subprocess.Popen(
        [sys.executable, HERE / script, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE)},
    )
    process.stdin.write(json.dumps(plan | {"parts": PARTS}))
    process.stdin.flush()
    return process


@pytest.fixture
def trained(tried, make_job):
    """Two runs, trained without a command around them."""
    jobs = [plain(make_job(0, "3step")), plain(make_job(1, "1step"))]

    def go(*kinds, crossed=False, reads=False):
        plan = {"jobs": jobs, "kinds": kinds, "crossed": crossed, "reads": reads}
        return tried("trials.py", plan)

    return go


def test_no_crash_and_no_refusal_at_any_file_call_costs_a_finished_run_or_a_bit(trained):
    # A crash after a call leaves what one before the next call leaves: see the slow test, which
    # also refuses every call in every way.
    refused = [part for kind in ERRORS + LASTING for part in (kind, None, None)]
    calls, cases = trained([CRASHES[0], CRASHES[2]], refused)
    assert calls > 200 and cases == calls + calls // 3


@pytest.mark.slow
def test_no_fault_of_any_kind_at_any_file_call_costs_a_finished_run_or_a_bit(trained):
    calls, cases = trained(CRASHES + ERRORS + LASTING, crossed=True)
    assert cases == 11 * calls


@pytest.mark.slow
def test_no_refusal_to_read_costs_a_finished_run_or_a_bit(trained):
    calls, cases = trained(ERRORS[1:] + LASTING[1:], reads=True)
    assert calls == cases > 500


@pytest.mark.slow
def test_the_whole_command_survives_faults_in_training_judging_and_reporting(tried, two_domains):
    kinds = CRASHES + ERRORS + LASTING
    calls, cases = tried("command.py", {"pictures": str(two_domains), "kinds": kinds, "every": 11})
    assert calls > 400 and cases == -(-calls // 11)
