"""The page: one HTML file with everything in it, written as its pictures come.

The data stand before the script that shows them, each picture as text that costs a browser nothing until it is opened.
The content security policy allows this style, this script and pictures from within: nothing can be loaded, nothing
else can run, whatever a file is called.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import BinaryIO

from upscale.compare.items import Item, Pane

# In the order in which they use each other.
_SCRIPTS = ("geometry", "pictures", "stage", "difference", "gestures", "gallery", "keys", "main")
_MARK = re.compile("@@(policy|title|style|script)@@")
_POLICY = "default-src 'none'; img-src data: blob:; base-uri 'none'; form-action 'none'"
_DATA = "@@data@@"


class Page:
    """A page that is being written to `file`."""

    def __init__(self, file: BinaryIO, title: str) -> None:
        self._file = file
        self._items: list[dict[str, object]] = []
        self._written_bytes = 0
        self._waiting_bytes = 0
        script = "\n".join(_text(f"{name}.js") for name in _SCRIPTS)
        style = _text("page.css")
        parts = {
            "policy": f"{_POLICY}; style-src {_digest(style)}; script-src {_digest(script)}",
            "title": html.escape(title),
            "style": style,
            "script": script,
        }
        before, after = _text("page.html").split(_DATA)
        # In one pass: a title may look like a mark.
        head, self._rest = (_MARK.sub(lambda found: parts[found[1]], half) for half in (before, after))
        self._write(head)

    @property
    def size_bytes(self) -> int:
        """How large the page is so far, with the thumbnails, which are written at its end."""
        return self._written_bytes + self._waiting_bytes

    def add(self, item: Item) -> None:
        """Write an item's pictures."""
        number = len(self._items)
        for place, pane in enumerate(item.panes):
            content = base64.b64encode(pane.content).decode()
            self._write(f'<script type="text/plain" id="picture-{number}-{place}">{content}</script>\n')
        facts = _item_facts(item)
        self._items.append(facts)
        self._waiting_bytes += len(json.dumps(facts))

    def close(self, facts: Mapping[str, object]) -> None:
        """Write what is said about all items, and the script."""
        self._waiting_bytes = 0
        # < is the one character that could end the element.
        words = json.dumps({**facts, "items": self._items}).replace("<", "\\u003c")
        self._write(f'<script type="application/json" id="facts">{words}</script>\n')
        self._write(self._rest)

    def _write(self, text: str) -> None:
        # A file's name may hold bytes that are no text.
        self._written_bytes += self._file.write(text.encode(errors="replace"))


def _item_facts(item: Item) -> dict[str, object]:
    return {
        "name": item.name,
        "seconds": item.seconds,
        "thumbnail": item.thumbnail,
        "panes": [_pane_facts(pane, factor) for pane, factor in zip(item.panes, item.factors, strict=True)],
    }


def _pane_facts(pane: Pane, factor: float) -> dict[str, object]:
    return {
        "name": pane.name,
        "size": f"{pane.width} × {pane.height}",
        "bytes": pane.file_bytes,
        "width": pane.shown_width * factor,
        "height": pane.shown_height * factor,
        "score": None if pane.score is None else str(pane.score),
        "remark": pane.remark,
    }


def _text(name: str) -> str:
    return files("upscale.compare").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """As a content security policy names what it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
