"""Names of results by a template, such as {stem}_{model}_x{scale}{ext}."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from string import Formatter

from upscale.errors import UsageError

FIELDS = ("stem", "name", "ext", "parent", "model", "scale", "index")
"""Without and with its extension the source's name; the result's extension; the source's folder; the network;
the factor; the source's number in the run, from 1."""


@dataclass(frozen=True)
class Index:
    """A source's number in the run, from 1, as wide as the `last` one, so that names sort as their sources do."""

    number: int
    last: int

    def __str__(self) -> str:
        return f"{self.number:0{len(str(self.last))}}"

    def __format__(self, layout: str) -> str:
        return format(self.number, layout) if layout else str(self)


@dataclass(frozen=True)
class Template:
    """A checked template; `model` and `scale` are the run's."""

    text: str
    model: str
    scale: str

    @property
    def is_numbered(self) -> bool:
        """Whether a name depends on what else is in the run."""
        return "index" in _fields(self.text)

    def name(self, source: Path, stem: str, extension: str, index: Index) -> Path:
        """The result's name, with folders where the template has them; UsageError for one that leads elsewhere."""
        words = {
            "stem": stem,
            "name": source.name,
            "ext": extension,
            "parent": _folder_name(source),
            "model": self.model,
            "scale": self.scale,
        }
        # A file may be called ...png, whose stem is a way up.
        safe: dict[str, object] = {field: "_" if word in (".", "..") else word for field, word in words.items()}
        name = Path(self.text.format_map(safe | {"index": index}))
        _refuse_outside(name, f"--name {self.text}: for {source} it gives {name}, and")
        return name


def parse(text: str, model: str, scale: str) -> Template:
    """UsageError for a template that gives no name below the output's folder, or no stem or extension."""
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    try:
        unknown = _fields(text).difference(FIELDS)
        if unknown:
            raise UsageError(f"--name {text}: {{{min(unknown)}}} is not among {known}")
        made_up: Mapping[str, object] = dict.fromkeys(FIELDS, "x") | {"ext": ".x", "index": Index(1, 1)}
        example = text.format_map(made_up)
    except ValueError as error:
        raise UsageError(f"--name {text}: {str(error).lower()}; the fields are {known}") from error
    if not text.endswith("{ext}"):
        raise UsageError(f"--name {text}: it must end in {{ext}}, which the source or the chosen format decides")
    if not example.rpartition("/")[2].removesuffix(".x").strip("."):
        raise UsageError(f"--name {text}: the file's name needs more than {{ext}}, such as {{stem}}{{ext}}")
    for flavour in (PurePosixPath, Path):
        _refuse_outside(flavour(example), f"--name {text}:")
    shown_model = "+".join(Path(part).name.replace(".safetensors", "") for part in model.split("+"))
    return Template(text, shown_model, scale)


def _fields(text: str) -> set[str]:
    """ValueError for braces that do not fit, and for a field within a field's format."""
    parsed = list(Formatter().parse(text))
    if any("{" in (layout or "") for _, _, layout, _ in parsed):
        raise ValueError("a field within a field")
    return {field for _, field, _, _ in parsed if field is not None}


def _refuse_outside(name: PurePath, begin: str) -> None:
    if name.anchor or ".." in name.parts:
        raise UsageError(f"{begin} it must stay inside the output's folder, which -o names")


def _folder_name(source: Path) -> str:
    folder = source.absolute().parent
    return (folder.resolve() if folder.name == ".." else folder).name or "root"
