"""Pages that ganbench writes: templates that escape every value, pictures inside the page."""

import base64
import io
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import jinja2

QUALITY = 75  # of WebP


def templates(room: str) -> "jinja2.Environment":
    """The templates that lie in a folder of ganbench; a name that is not given is an error."""
    import jinja2  # here: most commands write no page

    return jinja2.Environment(
        loader=jinja2.PackageLoader("ganbench", room),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def data_uri(image: Image.Image) -> str:
    """A picture as WebP inside the page."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
