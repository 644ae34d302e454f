import base64
import io

import jinja2
import numpy as np
import pytest
from PIL import Image

from ganbench.system import html


def test_every_value_is_escaped_and_a_name_that_is_missing_is_an_error():
    templates = html.templates("report")
    made = templates.from_string("{{ x }}").render(x="<script>")
    assert made == "&lt;script&gt;"
    with pytest.raises(jinja2.UndefinedError):
        templates.from_string("{{ y }}").render(x=1)
    assert "album.html" in html.templates("trained").list_templates()


def test_a_picture_inside_the_page_is_that_picture():
    ramp = np.linspace(0, 255, 32).astype(np.uint8)[None, :, None].repeat(32, 0).repeat(3, 2)
    kind, _, data = html.data_uri(Image.fromarray(ramp)).partition(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        found = np.asarray(image.convert("RGB")).astype(int)
    assert image.format == "WEBP" and np.abs(found - ramp).max() < 12
