"""Names of results by a template, such as {stem}_{model}_x{scale}{ext}."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from string import Formatter

from upscale.errors import UsageError

FIELDS = ("stem", "name", "ext", "parent", "model", "scale", "index")
"""Without and with its extension the source's name; the result's extension; the source's folder; the network;
the factor; the source's number in the run, from 1."""


@dataclass(frozen=True)
class Template:
    """A checked template; `model` and `scale` are the run's."""

    text: str
    model: str
    scale: str

    def name(self, source: Path, stem: str, extension: str, index: int) -> Path:
        """The result's name, with folders where the template has them."""
        return Path(
            self.text.format_map(
                {
                    "stem": stem,
                    "name": source.name,
                    "ext": extension,
                    "parent": source.absolute().parent.name or "root",
                    "model": self.model,
                    "scale": self.scale,
                    "index": index,
                }
            )
        )


def parse(text: str, model: str, scale: str) -> Template:
    """UsageError for a template that gives no name below the output's folder, or no extension."""
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    try:
        unknown = _fields(text).difference(FIELDS)
        if unknown:
            raise UsageError(f"--name {text}: {{{min(unknown)}}} is not among {known}")
        made_up: Mapping[str, object] = dict.fromkeys(FIELDS, "x") | {"ext": ".x", "index": 1}
        example = PurePosixPath(text.format_map(made_up))
    except (ValueError, KeyError) as error:  # KeyError: a field within a field's format
        raise UsageError(f"--name {text}: {str(error).lower()}; the fields are {known}") from error
    if not text.endswith("{ext}"):
        raise UsageError(f"--name {text}: it must end in {{ext}}, which the source or --ext decides")
    if example.is_absolute() or ".." in example.parts:
        raise UsageError(f"--name {text}: it must stay inside the output's folder, which -o names")
    shown_model = "+".join(Path(part).name.replace(".safetensors", "") for part in model.split("+"))
    return Template(text, shown_model, scale)


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}
