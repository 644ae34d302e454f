"""Which files are pictures, and of what kind: by their ending, and by their first bytes.

An ending only says what is worth a look; what a file is, its bytes say.
"""

import re
from importlib import metadata
from pathlib import PurePosixPath

HEAD = 64  # bytes of a file that tell its kind
PNM = rb"\s+(#|\d+\s+\d+\s)"  # follows the letter and digit that a text could begin with, too
START = {  # what a file of a kind begins with; of two that fit, the first counts
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8",
    "WebP": rb"RIFF....WEBP",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    "a camera's raw": rb"II\*\0....CR|II(RO|RS|U\0)|FUJIFILMCCD-RAW|....ftypcrx ",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "PPM": rb"P[36]" + PNM,
    "PGM": rb"P[25]" + PNM,
    "PBM": rb"P[14]" + PNM,
    "PFM": rb"Pf" + PNM,
    "JPEG 2000": rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n",
    "AVIF": rb"....ftyp(avi[fs]|m[is]f1.{0,40}avif)",
    "HEIC": rb"....ftyp(he[iv][cmsx]|m[is]f1)",
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n",
    "PSD": rb"8BP[SB]",
    "OpenEXR": rb"v/1\x01",
    "Radiance HDR": rb"#\?R(ADIANCE|GBE)\n",
    "DDS": rb"DDS \x7c",
    "QOI": rb"qoif",
}
ENDINGS = {  # of files that the loader reads, the usual one of each kind first
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".pjpeg", ".pjp"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "WebP": (".webp",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pnm"),
    "PGM": (".pgm",),
    "PBM": (".pbm",),
    "PFM": (".pfm",),
    "AVIF": (".avif", ".avifs"),
    "HEIC": (".heic", ".heif", ".heics", ".heifs", ".hif"),  # with an extra
}
UNREAD = {  # of pictures that are counted and named, but not read
    *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".jxl"),
    *(
        ".psd",
        ".psb",
        ".exr",
        ".hdr",
        ".dds",
        ".qoi",
        ".tga",
        ".pcx",
        ".sgi",
        ".xcf",
        ".dcm",
        ".fits",
    ),
    *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".raf", ".rw2", ".pef", ".srw"),
}
NO_PICTURES = {  # of files that need no look, as there may be one beside each picture
    *(".txt", ".md", ".log", ".json", ".jsonl", ".csv", ".tsv", ".xml", ".html", ".yaml", ".yml"),
    *(".toml", ".ini", ".py", ".npy", ".npz", ".pt", ".pth", ".safetensors", ".pkl", ".h5", ".mat"),
    *(".tfrec", ".tfrecord", ".tfrecords", ".zip", ".tar", ".gz", ".db", ".svg", ".ico"),
    *(".mp4", ".mov", ".xmp", ".aae", ".md5", ".sha256"),
}
HEIF = next((one.version for one in metadata.distributions(name="pillow-heif")), "")  # or none
_PATTERNS = {kind: re.compile(start, re.DOTALL) for kind, start in START.items()}
_BY_ENDING = {
    **{ending: kind for kind, endings in ENDINGS.items() for ending in endings},
    **dict.fromkeys(UNREAD, "unread"),
    **dict.fromkeys(NO_PICTURES, ""),
}


def by_ending(name: str) -> str | None:
    """The kind of picture that a file's ending promises, "" for none; None: its bytes must be seen.

    What follows an ending, as in "a.jpg?size=large" or "a.jpg_large", is left out.
    """
    ending = re.match(r"\.[a-z0-9]+", PurePosixPath(name).suffix.lower())
    return _BY_ENDING.get(ending[0]) if ending else None


def is_read(kind: str) -> bool:
    """Is a picture of this kind decoded here, as far as it is whole?"""
    return kind in ENDINGS and (kind != "HEIC" or HEIF != "")


def kind(data: bytes) -> str:
    """The kind of picture that a file's first HEAD bytes are of; "" for anything else."""
    head = data[:HEAD]
    return next((kind for kind, start in _PATTERNS.items() if start.match(head)), "")


def usual_ending(data: bytes) -> str | None:
    """What a file with these first bytes is called, if it is a picture that may be read."""
    return ENDINGS.get(kind(data), (None,))[0]


def why_unread(data: bytes) -> str:
    """What to say of bytes that the loader knows no decoder for."""
    found = kind(data)
    if found == "HEIC" and not HEIF:
        return 'HEIC, which needs pillow-heif: pip install "ganbench[heif]"'
    if not found or found in ENDINGS:
        return "not a picture"
    return f"{found}, which is not read: save it as PNG"
