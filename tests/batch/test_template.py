from pathlib import Path

import pytest

from upscale.batch.template import Index, parse
from upscale.errors import UsageError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{stem}_{size}{ext}", "{size} is not among {stem}, {name}, {ext}, {parent}, {model}, {scale}, {index}"),
        ("{}{ext}", "{} is not among"),
        ("{stem.__class__}{ext}", "is not among"),
        ("{stem[0]}{ext}", "is not among"),
        ("{stem", "expected '}' before end of string"),
        ("{stem:d}{ext}", "unknown format code"),
        ("{stem:{width}}{ext}", "the fields are"),
        ("{stem}.png", "must end in {ext}"),
        ("", "must end in {ext}"),
        ("/etc/{stem}{ext}", "must stay inside"),
        ("../{stem}{ext}", "must stay inside"),
        ("{stem}/{ext}", "needs more than {ext}"),
        ("{ext}", "needs more than {ext}"),
        ("..{ext}", "needs more than {ext}"),
        ("{stem:.0}{ext}", "needs more than {ext}"),
        ("{index:{scale}}{ext}", "a field within a field"),
    ],
)
def test_what_gives_no_name_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text, "srgan", "4")
    assert message in str(refused.value)


def test_every_field_has_its_value() -> None:
    text = "{parent}/{stem}|{name}|{model}|{scale}|{index:02}{ext}"
    template = parse(text, "a/b.safetensors@0.3+srgan@0.7", "2.5")
    name = template.name(Path("in/photo.jpg"), "photo", ".png", Index(7, 7))
    assert name == Path("in/photo|photo.jpg|b@0.3+srgan@0.7|2.5|07.png")


def test_a_name_that_leads_elsewhere_is_refused() -> None:
    template = parse("{stem:.1}./{name}{ext}", "srgan", "4")
    with pytest.raises(UsageError, match="must stay inside"):
        template.name(Path(".a.png"), ".a", ".png", Index(1, 1))
