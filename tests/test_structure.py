"""The shape of the project: imports go down only, nothing heavy loads early, no stranger's file is picked up."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the bottom up; what stands on one line may not import each other, save where said below.
LAYERS = (
    {"errors"},
    {"allocator", "atomic", "imresize", "device", "flow", "batch", "plot", "vips_setup", "units", "peak_memory"},
    {"models", "weights"},
    {"engine"},
    {"images", "evaluate"},
    {"video"},
    {"train", "bench", "compare"},
    {"cli"},
)
# The same within video; what lies in no folder of its own is on top.
VIDEO_LAYERS = ("colour", "reading", "encoding", "tracks", "outputs", "")
# The bottom's single files may use each other.
FREE_AMONG_THEMSELVES = {"atomic", "imresize", "device"}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for folder, prefix in ((ROOT / "upscale", "upscale"), (ROOT / "train", "upscale.train")):
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join((prefix, *parts)).removesuffix(".__init__")
            found[name] = path
    return found


def imported(path: Path) -> set[str]:
    """The modules of ours that a file imports anywhere, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("upscale"):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("upscale")}
    return names


def edges() -> dict[str, set[str]]:
    known = modules()
    return {name: (imported(path) & known.keys()) - {name} for name, path in known.items()}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def layer(name: str) -> int:
    return next(index for index, names in enumerate(LAYERS) if name in names)


def test_imports_go_down_only() -> None:
    wrong = []
    for module, used in edges().items():
        if part(module) in ("", "__main__"):
            continue
        for other in used:
            one, two = part(module), part(other)
            if two in ("", one) or {one, two} <= FREE_AMONG_THEMSELVES:
                continue
            if layer(two) >= layer(one):
                wrong.append(f"{module} imports {other}")
    assert wrong == []


def test_within_video_imports_go_down_too() -> None:
    def height(module: str) -> int:
        _, _, *inner = module.split(".")
        # Resuming takes part beside the encoders' packets: it knows the source, and nobody below knows it.
        folder = inner[0].replace("resume", "encoding") if len(inner) > 1 else ""
        return VIDEO_LAYERS.index(folder)

    wrong = [
        f"{module} imports {other}"
        for module, used in edges().items()
        for other in used
        if part(module) == part(other) == "video" and height(other) > height(module)
    ]
    assert wrong == []


def test_training_knows_no_files_and_only_its_command_knows_it() -> None:
    for module, used in edges().items():
        parts = {part(other) for other in used}
        if part(module) == "train":
            assert not parts & {"images", "video", "cli"}, module
        elif not module.startswith("upscale.cli.train"):
            assert "train" not in parts, module


def test_no_import_cycle() -> None:
    remaining = edges()
    while free := {module for module, used in remaining.items() if not used & remaining.keys()}:
        remaining = {module: used for module, used in remaining.items() if module not in free}
    assert remaining == {}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from upscale.cli.app import app; from typer.testing import CliRunner;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print(sorted({'torch', 'cv2', 'av', 'numpy', 'pyvips'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_a_users_own_train_folder_and_file_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("raise SystemExit('the wrong train')")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "__init__.py").write_text("raise SystemExit('the wrong weights')")
    (tmp_path / "pyproject.toml").write_text("")
    code = f"import sys; sys.path.append({str(ROOT)!r}); import upscale.train.config, upscale.weights; print('ours')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.strip() == "ours", done.stderr


@pytest.mark.parametrize("folder", ["upscale", "train"])
def test_files_and_functions_stay_readable(folder: str) -> None:
    """Files of at most 300 lines, functions of at most 60, no broad except."""
    for path in (ROOT / folder).rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert source.count("\n") <= 300, path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                # The body: a command's options stand in its signature.
                assert (node.end_lineno or 0) - node.body[0].lineno < 60, f"{path}: {node.name}"
            if isinstance(node, ast.ExceptHandler):
                name = getattr(node.type, "id", None)
                assert node.type is not None and name not in ("Exception", "BaseException"), path
