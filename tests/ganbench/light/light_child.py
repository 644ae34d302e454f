"""A child of ours that does what its job says."""

import os
import subprocess
import sys
import time
from pathlib import Path

from ganbench.errors import InputError
from ganbench.system import child_process


def work(job, channel):
    """One way to behave."""
    what = job["what"]
    if what == "mistake":
        raise InputError("no", "yes")
    if what == "sleeper":
        sleeper = subprocess.Popen(["sleep", "1000"])
        channel.send("sleeper", pid=sleeper.pid)
        os._exit(0)
    if what == "junk":
        os.write(channel._out.fileno(), b'junk\n[1]\n{"no": "kind"}\n\xff\n')
    if what == "gigabytes":
        for _ in range(job["count"]):
            os.write(1, b"paint " * 200_000)
    if what == "silent":
        time.sleep(1000)
    return {"given": job.get("given"), "path": [str(Path.cwd()), sys.path[0]]}


if __name__ == "__main__":
    child_process.serve(dict, work)
