"""`--limit`: some pictures of a large set, chosen by nobody's taste.

They are those that stand first by the hash of their names, as those do that are judged by and held
out. So a smaller limit takes a part of what a larger one takes, a fraction held out of the few lies
in that of the many, and the first pictures to judge by are the same as without a limit.
"""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ganbench.data.batches import probe_order
from ganbench.data.sources import tfrecord_format
from ganbench.data.sources.bounded_read import UnreadableFile
from ganbench.data.sources.layout import Listing
from ganbench.system.text import spelled


def taken(names: Sequence[str], limit: int | None) -> tuple[str, ...]:
    """At most `limit` of these names, by their hash, in the order that they have."""
    if limit is None or limit >= len(names):
        return tuple(names)
    first = sorted(probe_order(list(map(spelled, names)))[:limit])
    return tuple(names[place] for place in first)


def count(listing: Listing) -> int:
    """How many pictures a listing has, before the broken ones are known; decodes nothing."""
    if not listing.records:
        return len(listing.names)
    with tempfile.TemporaryDirectory() as scratch:
        places = (listing.tree.path / (listing.prefix + name) for name in listing.names)
        return sum(_records(place, Path(scratch) / "unpacked") for place in places)


def _records(path: Path, unpacked: Path) -> int:
    with suppress(OSError, UnreadableFile):  # whoever reads the records says what is wrong
        if tfrecord_format.is_packed(path):
            tfrecord_format.unpack(path, unpacked)
            path = unpacked
        return len(tfrecord_format.walk(path)[0])
    return 0
