"""How large a page is, while it is written and afterwards."""

import io

from upscale.compare.items import Item, Pane
from upscale.compare.page import Page


def test_the_size_counts_thumbnails_at_once_and_nothing_twice() -> None:
    file = io.BytesIO()
    page = Page(file, "A · B")
    empty_bytes = page.size_bytes
    page.add(Item("one", None, "data:," + 5000 * "x", (Pane("a", 8, 8, 100, 8, 8, b"", None, "", ""),)))
    assert page.size_bytes > empty_bytes + 5000
    page.close({})
    assert page.size_bytes == len(file.getvalue())
