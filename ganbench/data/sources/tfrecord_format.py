"""The frame around each TFRecord, what packs a file, and the name that a record stands for.

A file is a row of records: length (8 bytes, little-endian), masked CRC-32C of the length (4),
that many bytes, their masked CRC-32C (4). TensorFlow's readers stop at the first damaged one;
whoever knows where the next begins can ask for it. A whole file may be packed by gzip or zlib.
Nothing here needs TensorFlow.
"""

import os
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from ganbench.data.sources.bounded_read import FREE, MOST_ENTRIES, MOST_TIMES, opened
from ganbench.data.sources.picture_kinds import by_ending, usual_ending

HEADER, FOOTER = 12, 4  # bytes around each record
CASTAGNOLI = 0x82F63B78  # the polynomial of CRC-32C, lowest bit first
PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")  # how gzip and zlib begin
EITHER = 32 + zlib.MAX_WBITS  # zlib's word for: gzip or zlib, as the first bytes tell
PIECE = 2**16  # bytes


@dataclass(frozen=True)
class Frame:
    """Where one record lies in its file."""

    offset: int  # of its header
    length: int  # bytes of its content


def walk(path: Path) -> tuple[list[Frame], str]:
    """The records of one file, and why what follows them is lost ("" when nothing is).

    Only headers are read, and a length counts only with its checksum right and the file long
    enough for it, so a false one costs nothing. OSError or UnreadableFile when it cannot be read.
    """
    frames: list[Frame] = []
    offset = 0
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        while offset < size:
            file.seek(offset)
            if len(frames) == MOST_ENTRIES:
                return frames, f"more than {MOST_ENTRIES:,} records: what follows is left out"
            header = file.read(HEADER)
            if len(header) < HEADER:
                return frames, _lost("cut short", len(frames))
            length, check = struct.unpack("<QI", header)
            if check != masked_crc(header[:8]):
                return frames, _lost("damaged", len(frames))
            if offset + HEADER + length + FOOTER > size:
                return frames, _lost("cut short", len(frames))
            frames.append(Frame(offset, length))
            offset += HEADER + length + FOOTER
    return frames, "" if frames else "the file is empty"


def is_packed(path: Path) -> bool:
    """Does a file begin as gzip or zlib, and not as a TFRecord? OSError, UnreadableFile."""
    with opened(path) as file:
        start = file.read(HEADER)
    plain = len(start) == HEADER and masked_crc(start[:8]) == int.from_bytes(start[8:], "little")
    return not plain and PACKED.match(start) is not None


def unpack(path: Path, place: Path) -> str:
    """Write what a packed file holds to `place`; why what follows is lost, "" for all of it.

    OSError, UnreadableFile.
    """
    with opened(path) as file, open(place, "wb") as out:
        most = FREE + MOST_TIMES * os.fstat(file.fileno()).st_size
        stream, data = zlib.decompressobj(EITHER), file.read(PIECE)
        try:
            while data:
                out.write(stream.decompress(data, PIECE))
                if out.tell() > most:
                    return f"unpacks to more than {MOST_TIMES} times its size: the rest is left out"
                data = stream.unconsumed_tail or stream.unused_data or file.read(PIECE)
                if stream.eof and (data := data.lstrip(b"\0")):  # another follows
                    stream = zlib.decompressobj(EITHER)
            out.write(stream.flush())
        except zlib.error:
            return "damaged where it is compressed: what follows is lost"
    return "" if stream.eof else "cut short where it is compressed: what follows is lost"


def _lost(what: str, good: int) -> str:
    if good == 0:
        return f"not a TFRecord file, or {what} in its first record"
    return f"{what} after record {good - 1:05d}: what follows is lost"


def masked_crc(data: bytes) -> int:
    """CRC-32C, turned by 15 bits and moved, as TFRecords keep it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (CASTAGNOLI if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def file_name(given: str, data: bytes, otherwise: str) -> str:
    """Name of the picture file that a record was made of; Kaggle's names come without an ending.

    `given` is its image_name, `data` its picture, `otherwise` what a record without a name is
    called.
    """
    name = given.strip() or otherwise
    # What is no picture either is named like Kaggle's, and skipped by whoever decodes it.
    return name if by_ending(name) else name + (usual_ending(data) or ".jpg")
