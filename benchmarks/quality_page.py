"""`QUALITY.md`: every word and figure of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quality_markdown import NONE, cell, paragraph, table
from quality_memory import FULL, Memory
from quality_published import (
    ABLATION,
    DECK,
    OTHERS,
    OURS_ALONE,
    SETS,
    SRGAN_PAPER,
    Published,
)
from quality_subjects import BAD, ON_BAD, PLANE, Subject
from quality_targets import target_tables
from quality_time import arithmetic_of, time_of
from quality_words import DECK_WORDS, GRAY, OPENING, OTHERS_WORDS, PROTOCOL

# Smaller differences are none: a published table has two digits.
DIFFERENCE_DB = 0.01
ABLATION_FILE, ABLATION_PICTURE = "ablation.md", "ablation.png"


@dataclass(frozen=True)
class Facts:
    """What the page is made of: who was measured, what is known of them, which pictures were drawn."""

    subjects: Sequence[Subject]
    memory: Memory
    folder: Path
    pictures: int | None
    plots: frozenset[str]
    sheets: Mapping[str, str]

    def named(self, name: str, scale: int) -> Subject | None:
        """The model of that name at that factor."""
        return next((one for one in self.subjects if (one.name, one.scale) == (name, scale)), None)

    def figure(self, name: str, scale: int, test_set: str, metric: str) -> float | None:
        """What was measured in fp32, if it was."""
        subject = self.named(name, scale)
        return None if subject is None else self.memory.figures(subject, test_set).get(metric)


def page(facts: Facts) -> str:
    """All sections that there is something to say in."""
    fewer = "" if facts.pictures is None else f" **A trial: only {facts.pictures} pictures of each set.**"
    sections = [
        ["# Quality", "", *paragraph(OPENING.strip() + fewer), "", *paragraph(PROTOCOL), "", *paragraph(GRAY)],
        target_tables(facts.figure, facts.memory),
        _plane(facts),
        _deck(facts),
        *(_others(scale, facts) for scale in OTHERS),
        _all_models(facts),
        _usual(facts),
        _time(facts),
        _bad(facts),
        _ablation(facts),
        _curves(facts),
        _sheets(facts),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _plane(facts: Facts) -> list[str]:
    if "quality_plane.png" not in facts.plots:
        return []
    words = (
        "Closer to the truth or more natural: between `srresnet` and `srgan` one can have any of both, by a mixture of"
        " their weights (`--model srresnet@0.4+srgan@0.6`)."
    )
    return [f"## {PLANE.name}: PSNR against NIQE", "", *paragraph(words), "", "![PSNR against NIQE](quality_plane.png)"]


def _deck(facts: Facts) -> list[str]:
    lines = ["## x4, beside the tables of the paper of SRGAN", "", *paragraph(DECK_WORDS)]
    for metric, words, digits in (("psnr_gray", "PSNR", 2), ("ssim_daala", "SSIM, Daala's form", 3)):
        head = [words, *(f"{name}, paper" for name in SETS), *(f"{name}, ours" for name in SETS)]
        rows = [_deck_row(entry, metric, digits, facts) for entry in DECK]
        rows += [
            [f"`{name}`", *[NONE] * len(SETS), *_measured(name, 4, metric, digits, facts)]
            for name in OURS_ALONE
            if facts.named(name, 4)
        ]
        lines += ["", *table(head, rows)]
    return lines


def _deck_row(entry: Published, metric: str, digits: int, facts: Facts) -> list[str]:
    published = entry.psnr if metric.startswith("psnr") else entry.ssim
    measured = _measured(entry.ours, 4, metric, digits, facts)
    return [entry.method, *(cell(value, digits) for value in published), *measured]


def _measured(name: str, scale: int, metric: str, digits: int, facts: Facts) -> list[str]:
    return [cell(facts.figure(name, scale, test_set, metric), digits) for test_set in SETS]


def _others(scale: int, facts: Facts) -> list[str]:
    rows = []
    for entry in OTHERS[scale]:
        for number, test_set in enumerate(SETS):
            psnr, ssim = (facts.figure(entry.ours, scale, test_set, metric) for metric in ("psnr", "ssim"))
            gray = facts.figure(entry.ours, scale, test_set, "psnr_gray")
            published = [f"{entry.psnr[number]:.2f}", f"{entry.ssim[number]:.4f}"]
            ours = [cell(gray, 2), cell(psnr, 2), cell(ssim, 4)]
            rows.append([f"{entry.method} / `{entry.ours}`" if number == 0 else "", test_set, *published, *ours])
    head = ["", "", "PSNR, published", "SSIM", "PSNR, ours, *gray*", "PSNR, ours", "SSIM"]
    words = paragraph(OTHERS_WORDS) if scale == min(OTHERS) else ["Sources and protocol as for x2."]
    return [f"## x{scale}, beside other published figures", "", *words, "", *table(head, rows)]


def _all_models(facts: Facts) -> list[str]:
    head = ["file", *(f"{name} {metric}" for name in SETS for metric in ("PSNR", "SSIM", "NIQE"))]
    head = [*(word for word in head if word != "Set5 NIQE"), "drift", "MAC"]
    rows = [_model_row(subject, facts) for subject in facts.subjects if "@" not in subject.name]
    words = (
        "Colour drift: how far the mean colour of a channel has moved, in levels of 255, when the result is reduced to"
        " the low resolution again; of all pictures of the three sets the worst. MAC: multiply-adds of the network as"
        " published, for each pixel of the result."
    )
    return ["## Every shipped file, and interpolation", "", *paragraph(words), "", *table(head, rows)]


def _model_row(subject: Subject, facts: Facts) -> list[str]:
    cells = [f"`{subject}`"]
    for test_set in SETS:
        known = facts.memory.figures(subject, test_set)
        cells += [cell(known.get("psnr"), 2), cell(known.get("ssim"), 4)]
        cells += [cell(known.get("niqe"), 2)] if test_set != "Set5" else []
    drifts = [facts.memory.figures(subject, test_set).get("drift_worst") for test_set in SETS]
    worst = max((drift for drift in drifts if drift is not None), default=None)
    return [*cells, cell(worst, 2), f"{arithmetic_of(subject) / subject.scale**2:,.0f}"]


def _usual(facts: Facts) -> list[str]:
    """What users get without asking, where it is not the same."""
    lines = []
    for dtype in sorted(facts.memory.dtypes() - {FULL}):
        differences = list(_differences(dtype, facts))
        large = [entry for entry in differences if abs(entry[-1]) > DIFFERENCE_DB]
        if not differences:
            continue
        most = max(abs(entry[-1]) for entry in differences)
        lines += [
            f"In {dtype}, which `--dtype auto` takes where the hardware has it, PSNR differs by {most:.3f} dB at most"
        ]
        lines[-1] += f" ({len(differences)} means over a set)." if not large else ":"
        rows = [[f"`{subject}`", name, f"{full:.3f}", f"{full + by:.3f}"] for subject, name, full, by in large]
        lines += ["", *table(["file", "", FULL, dtype], rows)] if large else []
    return ["## In the usual precision", "", *lines] if lines else []


def _differences(dtype: str, facts: Facts) -> Iterator[tuple[Subject, str, float, float]]:
    for subject in facts.subjects:
        for test_set in SETS:
            full, usual = (facts.memory.figures(subject, test_set, kind) for kind in (FULL, dtype))
            if full and usual and full["pictures"] == usual["pictures"]:
                yield subject, test_set, full["psnr"], usual["psnr"] - full["psnr"]


def _time(facts: Facts) -> list[str]:
    known = [(one, time) for one in facts.subjects if "@" not in one.name and (time := time_of(one, facts.memory))]
    if not known:
        return []
    how = {f"{time['hardware']}; {time['dtype']}, input {time['input']}, median of {time['runs']}" for _, time in known}
    rows = [[f"`{subject}`", f"{time['s_per_mp']:.3g}", f"{1 / time['s_per_mp']:.3g}"] for subject, time in known]
    picture = ["", "![PSNR against time](quality_time.png)"] if "quality_time.png" in facts.plots else []
    words = f"The network alone, without files. {'. '.join(sorted(how))}."
    return [
        "## Time",
        "",
        *paragraph(words),
        *picture,
        "",
        *table(["file", "s for a megapixel of the result", "MP/s"], rows),
    ]


def _bad(facts: Facts) -> list[str]:
    """Compressed and noisy input."""
    rows = [
        [f"`{name}`", *(cell(facts.figure(name, 4, one.name, metric), 2) for one in BAD for metric in ("psnr", "niqe"))]
        for name in ON_BAD
    ]
    if not facts.named("srgan-real", 4):
        return []
    head = ["", *(f"{one.name}, {metric}" for one in BAD for metric in ("PSNR", "NIQE"))]
    words = (
        "BSD100 at a quarter of its size by MATLAB's bicubic, then made bad: as a JPEG of that quality, or with"
        " Gaussian noise of that many levels. Measured against the clean originals."
    )
    return ["## x4 of compressed and noisy pictures", "", *paragraph(words), "", *table(head, rows)]


def _ablation(facts: Facts) -> list[str]:
    """What the losses do: the paper's table, and ours in small if it was made."""
    rows = [
        [name, *(word for psnr, ssim, opinion in sets for word in (f"{psnr:.2f}", f"{ssim:.4f}", f"{opinion:.2f}"))]
        for name, sets in ABLATION.items()
    ]
    head = ["the paper", *(f"{name} {word}" for name in SETS[:2] for word in ("PSNR", "SSIM (Daala)", "opinion, of 5"))]
    lines = ["## What the losses do", "", f"{SRGAN_PAPER}, table 1; x4:", "", *table(head, rows)]
    found = facts.folder / ABLATION_FILE
    if found.exists():
        lines += ["", "Ours in small, by `benchmarks/ablation.py`, measured as above (Set14 with gray as RGB):", ""]
        lines += found.read_text(encoding="utf-8").strip().splitlines()
    if (facts.folder / ABLATION_PICTURE).exists():
        lines += ["", f"![the same crops by every loss]({ABLATION_PICTURE})"]
    return lines


def _curves(facts: Facts) -> list[str]:
    if "quality_curves.png" not in facts.plots:
        return []
    return ["## PSNR against steps", "", "![PSNR against steps](quality_curves.png)"]


def _sheets(facts: Facts) -> list[str]:
    if not facts.sheets:
        return []
    words = (
        "x4, at 100 %: pieces of `samples/`, of which there are no originals (whose they are is told there), and text"
        " drawn by the script; JPEG of high quality."
    )
    pictures = [
        line for theme, name in facts.sheets.items() for line in ("", f"### {theme}", "", f"![{theme}]({name})")
    ]
    return ["## To look at", "", *paragraph(words), *pictures]
