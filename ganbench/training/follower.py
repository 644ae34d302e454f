"""The process of every rank but the first: it trains as rank 0 says, and keeps nothing."""

import signal

from ganbench.jobs import FollowJob
from ganbench.system import child_process
from ganbench.training import build


def work(asked: FollowJob, channel: child_process.Channel) -> None:
    """Follow until rank 0 says that this is the end, or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # rank 0 decides when to stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    build.follow(build.trainer(asked.job, asked.rank), asked.job, asked.rank)


if __name__ == "__main__":
    child_process.serve(FollowJob, work)
