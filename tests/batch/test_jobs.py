import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from upscale.batch.existing import itself
from upscale.batch.jobs import Job, numbered, plan_jobs, split_words
from upscale.batch.naming import Naming
from upscale.batch.template import parse
from upscale.errors import UsageError
from upscale.images.medium import PICTURES

PNG = b"\x89PNG\r\n\x1a\n"
X4 = Naming(PICTURES, "_x4")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """in/ with pictures, things that are none, and subfolders; it is the working directory's child."""
    for name in ("in/b.png", "in/a.jpg", "in/sub/deep/c.png", "in/x.png/d.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    for name in ("in/Thumbs.db", "in/.DS_Store", "in/notes.txt", "in/._a.jpg"):
        (tmp_path / name).write_bytes(b"something")
    (tmp_path / "in" / "unnamed").write_bytes(PNG)
    (tmp_path / "in" / "text.png").write_bytes(b"text")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def planned(*words: str, out: str | None = None, naming: Naming = X4, recursive: bool = False) -> dict[str, str]:
    jobs = plan_jobs(words, out, naming, recursive=recursive).jobs
    return {str(job.source): str(job.target) for job in jobs}


def test_a_folder_gives_what_is_a_picture_by_name_or_content(tree: Path) -> None:
    assert planned("in") == {
        "in/a.jpg": "in_x4/a.jpg",
        "in/b.png": "in_x4/b.png",
        "in/text.png": "in_x4/text.png",
        "in/unnamed": "in_x4/unnamed.png",
    }


def test_recursion_mirrors_the_tree(tree: Path) -> None:
    assert planned("in/", out="out", recursive=True) == {
        "in/a.jpg": "out/a.jpg",
        "in/b.png": "out/b.png",
        "in/text.png": "out/text.png",
        "in/unnamed": "out/unnamed.png",
        "in/sub/deep/c.png": "out/sub/deep/c.png",
        "in/x.png/d.png": "out/x.png/d.png",
    }


def test_the_dot_folder_gets_its_real_name(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "in")
    assert planned(".")["b.png"] == str(tree / "in_x4" / "b.png")


@pytest.mark.parametrize(
    ("out", "naming", "target"),
    [
        (None, X4, "in/b_x4.png"),
        (None, Naming(PICTURES, "_x4", suffix="_big"), "in/b_big.png"),
        (None, Naming(PICTURES, "_x2.5", extension="webp"), "in/b_x2.5.webp"),
        ("out", X4, "out/b.png"),
        ("in/sub", X4, "in/sub/b.png"),
        ("out", Naming(PICTURES, "_x4", suffix="_x4"), "out/b_x4.png"),
        ("new.jpg", X4, "new.jpg"),
        ("new.d/", X4, "new.d/b.png"),
    ],
)
def test_where_one_file_goes(tree: Path, out: str | None, naming: Naming, target: str) -> None:
    assert planned("in/b.png", out=out, naming=naming) == {"in/b.png": target}


def test_formats_we_do_not_write_become_png(tree: Path) -> None:
    assert planned("in/b.png", "in/a.jpg") == {"in/b.png": "in/b_x4.png", "in/a.jpg": "in/a_x4.jpg"}
    (tree / "x.gif").write_bytes(b"GIF89a")
    assert planned("x.gif") == {"x.gif": "x_x4.png"}


def test_a_glob_keeps_the_folders_below_its_fixed_part(tree: Path) -> None:
    assert planned("in/**/*.png", out="out") == {
        "in/b.png": "out/b.png",
        "in/text.png": "out/text.png",
        "in/sub/deep/c.png": "out/sub/deep/c.png",
        "in/x.png/d.png": "out/x.png/d.png",
    }
    assert planned("in/[ab].*") == {"in/a.jpg": "in/a_x4.jpg", "in/b.png": "in/b_x4.png"}


def test_a_name_with_brackets_is_a_file_first(tree: Path) -> None:
    (tree / "a[1].png").write_bytes(PNG)
    assert planned("a[1].png") == {"a[1].png": "a[1]_x4.png"}


def test_two_sources_never_share_a_target(tree: Path) -> None:
    for name in ("in/b.webp", "in/b.gif"):
        (tree / name).write_bytes(PNG)
    plan = plan_jobs(["in"], "out", Naming(PICTURES, "_x4", extension="png"))
    targets = [str(job.target) for job in plan.jobs]
    assert len(set(targets)) == len(targets)
    assert str(plan.jobs[[str(job.source) for job in plan.jobs].index("in/b.png")].target) == "out/b.png"
    assert {"out/b.gif.png", "out/b.webp.png"} <= set(targets)
    assert len(plan.warnings) == 2


def test_several_folders_keep_their_names_and_repeated_sources_count_once(tree: Path) -> None:
    (tree / "two").mkdir()
    (tree / "two" / "b.png").write_bytes(PNG)
    found = planned("in", "two", "two/b.png", out="out")
    assert found["in/b.png"] == "out/in/b.png"
    assert found["two/b.png"] == "out/b.png"
    assert len(plan_jobs(["two", "two"], "out", X4).jobs) == 1


def test_outputs_inside_the_input_are_not_read_back(tree: Path) -> None:
    first = planned("in", out="in/out", recursive=True)
    for target in first.values():
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_bytes(PNG)
    assert planned("in", out="in/out", recursive=True) == first


def test_a_second_run_in_place_does_not_enlarge_the_results(tree: Path) -> None:
    first = planned("in/*.png")
    for target in first.values():
        Path(target).write_bytes(PNG)
    plan = plan_jobs(["in/*.png"], None, X4)
    assert {str(job.source): str(job.target) for job in plan.jobs} == first
    assert len(plan.warnings) == len(first)


@pytest.mark.parametrize(
    ("words", "out", "message"),
    [
        (["missing.png"], None, "missing.png does not exist"),
        (["missing/*.png"], None, "nothing matches"),
        (["in"], "in", "would replace in"),
        (["in"], "out.png", "name a folder"),
        (["in/b.png"], "out.heic", "heif is not among"),
        (["in/b.png"], "in/notes.txt", "no picture's"),
        (["/dev/null"], None, "neither a file nor a folder"),
    ],
)
def test_wrong_usage_is_refused(tree: Path, words: list[str], out: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan_jobs(words, out, X4)


def test_a_contradicting_extension_is_refused(tree: Path) -> None:
    with pytest.raises(UsageError, match="contradicts"):
        plan_jobs(["in/b.png"], "out.png", Naming(PICTURES, "_x4", extension="jpg"))


@pytest.mark.parametrize(
    ("words", "sources", "out"),
    [
        (["in"], ["in"], None),
        (["in", "out"], ["in"], "out"),
        (["in", "in/sub"], ["in"], "in/sub"),
        (["in/a.jpg", "in/b.png", "in/sub"], ["in/a.jpg", "in/b.png"], "in/sub"),
        (["in/a.jpg", "in/b.png", "out/"], ["in/a.jpg", "in/b.png"], "out/"),
        (["in/a.jpg", "in/b.png", "in/text.png"], ["in/a.jpg", "in/b.png", "in/text.png"], None),
    ],
)
def test_the_last_word_is_the_output_by_cps_rule(
    tree: Path, words: list[str], sources: list[str], out: str | None
) -> None:
    assert split_words(words, None, PICTURES) == (sources, out)


def test_two_files_and_three_words_with_a_missing_one_are_refused(tree: Path) -> None:
    with pytest.raises(UsageError, match="-o"):
        split_words(["in/a.jpg", "in/b.png"], None, PICTURES)
    with pytest.raises(UsageError, match="does not exist"):
        split_words(["in/a.jpg", "in/b.png", "new"], None, PICTURES)


def test_lists_of_names_are_opened(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("list.txt").write_text("in/a.jpg\r\n\nin/b.png\n")
    assert split_words(["@list.txt"], None, PICTURES) == (["in/a.jpg", "in/b.png"], None)
    assert split_words(["@list.txt", "out"], None, PICTURES) == (["in/a.jpg", "in/b.png"], "out")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"in/b.png\n")))
    assert split_words(["@-"], "out", PICTURES) == (["in/b.png"], "out")
    with pytest.raises(UsageError, match="cannot read the list none.txt: no such file"):
        split_words(["@none.txt"], None, PICTURES)
    with pytest.raises(UsageError, match="no source is named"):
        split_words([], None, PICTURES)


def test_names_between_nuls_are_bytes(tree: Path) -> None:
    names = [b"in/two\nlines.png", b"in/caf\xe9.png", b" .png"]
    for name in names:
        Path(os.fsdecode(name)).write_bytes(PNG)
    Path("list").write_bytes(b"\0".join(names) + b"\0")
    words, _ = split_words(["@list"], "out", PICTURES)
    assert [os.fsencode(word) for word in words] == names
    assert [os.fsencode(target) for target in planned(*words, out="out").values()] == [
        b"out/two\nlines.png",
        b"out/caf\xe9.png",
        b"out/ .png",
    ]


def test_names_that_a_shell_or_a_parser_would_trip_over(tree: Path) -> None:
    folder = tree / "odd"
    folder.mkdir()
    names = ["-n.png", "@list.png", "a b.PNG", "ü\n\x1b[31m.Jpg", "*.png", "{stem}.png", "-"]
    for name in names:
        (folder / name).write_bytes(PNG)
    (folder / ".hidden.png").write_bytes(PNG)
    assert {Path(source).name: Path(target).name for source, target in planned("odd", out="out").items()} == {
        **{name: name for name in names},
        "-": "-.png",
    }


def test_links_are_neither_followed_in_circles_nor_lost(tree: Path) -> None:
    (tree / "in" / "sub" / "circle").symlink_to(tree / "in")
    (tree / "in" / "good.png").symlink_to("b.png")
    (tree / "in" / "lost.png").symlink_to("nowhere.png")
    (tree / "in" / "loop.jpg").symlink_to("loop.jpg")
    (tree / "in" / "loop.txt").symlink_to("loop.txt")
    os.mkfifo(tree / "in" / "pipe.png")
    found = planned("in", out="out", recursive=True)
    assert {"in/good.png", "in/lost.png", "in/loop.jpg", "in/sub/deep/c.png"} <= set(found)
    assert not {"in/loop.txt", "in/pipe.png"} & set(found)
    assert len(found) == 9
    for word, message in (
        ("in/lost.png", "a link to nowhere"),
        ("in/loop.jpg", "too many levels"),
        ("in/pipe.png", "nei"),
    ):
        with pytest.raises(UsageError, match=message):
            split_words([word], None, PICTURES)


def test_a_source_whose_name_is_too_long_is_refused(tree: Path) -> None:
    with pytest.raises(UsageError, match="file name too long"):
        split_words(["x" * 300 + ".png"], None, PICTURES)


def test_collisions_have_the_same_names_in_every_run(tree: Path) -> None:
    """Else a second run would do again what is done."""
    for name in ("one/a.png", "two/a.png", "three/a.png", "one/a.webp"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(PNG)
    words = ("one/a.png", "one/a.webp", "two/a.png", "three/a.png")
    first = planned(*words, out="out", naming=Naming(PICTURES, "_x4", "png"))
    assert list(first.values()) == ["out/a.png", "out/a.webp.png", "out/a_1.png", "out/a_2.png"]
    (tree / "out").mkdir()
    for target in first.values():
        Path(target).write_bytes(PNG)
    assert planned(*words, out="out", naming=Naming(PICTURES, "_x4", "png")) == first


def test_the_png_that_a_result_may_fall_back_to_is_nobody_elses(tree: Path) -> None:
    (tree / "two").mkdir()
    for name in ("two/a.webp", "two/a.webp.png"):
        (tree / name).write_bytes(PNG)
    assert planned("two", out="out") == {"two/a.webp": "out/a.webp", "two/a.webp.png": "out/a.webp_1.png"}


def test_templates_make_names(tree: Path) -> None:
    template = parse("{parent}/{stem}_{model}_x{scale}_{index:03}{ext}", "runs/mine.safetensors", "2.5")
    assert planned("in", out="out", naming=Naming(PICTURES, "_x2.5", template=template)) == {
        "in/a.jpg": "out/in/a_mine_x2.5_001.jpg",
        "in/b.png": "out/in/b_mine_x2.5_002.png",
        "in/text.png": "out/in/text_mine_x2.5_003.png",
        "in/unnamed": "out/in/unnamed_mine_x2.5_004.png",
    }
    named = Naming(PICTURES, "_x4", "webp", template=parse("{name}{ext}", "srgan", "4"))
    assert planned("in/b.png", naming=named) == {"in/b.png": "in/b.png.webp"}


def test_two_folders_with_the_same_names_are_told_apart_by_a_template(tree: Path) -> None:
    (tree / "two").mkdir()
    (tree / "two" / "b.png").write_bytes(PNG)
    flat = Naming(PICTURES, "_x4", template=parse("same{ext}", "srgan", "4"))
    assert planned("in/b.png", "two/b.png", out="out", naming=flat) == {
        "in/b.png": "out/same.png",
        "two/b.png": "out/same_1.png",
    }


def test_numbers_avoid_files_and_taken_names(tree: Path) -> None:
    Path("in/b_1.png").write_bytes(PNG)
    assert numbered(Path("in/b.png"), {Path("in/b_2.png")}, itself) == Path("in/b_3.png")


def test_jobs_are_values() -> None:
    assert Job(Path("a"), Path("b")) == Job(Path("a"), Path("b"))


def test_planning_loads_neither_torch_nor_libvips() -> None:
    heavy = "{'torch', 'pyvips', 'cv2', 'av'}"
    code = f"import sys, upscale.batch.jobs, upscale.images.medium; assert not {heavy} & set(sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_numbered_names_never_replace_another_source(tree: Path) -> None:
    (tree / "idx").mkdir()
    for name in ("2.png", "3.png", "5.png"):
        (tree / "idx" / name).write_bytes(PNG)
    naming = Naming(PICTURES, "_x4", template=parse("{index}{ext}", "srgan", "4"))
    with pytest.raises(UsageError, match=r"the result of idx/3.png would replace idx/2.png"):
        plan_jobs(["idx"], "idx", naming)
    assert planned("idx", out="out", naming=naming)["idx/5.png"] == "out/3.png"


def test_what_is_not_read_does_not_count_as_written(tree: Path) -> None:
    for name in ("in/b_x4.png", "in/b_x4_x4.png"):
        (tree / name).write_bytes(PNG)
    found = planned("in/b*.png")
    assert found == {"in/b.png": "in/b_x4.png", "in/b_x4_x4.png": "in/b_x4_x4_x4.png"}


def test_a_second_run_knows_fallbacks_and_names_after_collisions(tree: Path) -> None:
    (tree / "two").mkdir()
    for name in ("c.jpg", "c.webp", "d.png"):
        (tree / "two" / name).write_bytes(PNG)
    for naming in (Naming(PICTURES, "_x4", suffix="_big"), Naming(PICTURES, "_x4", "png", suffix="_small")):
        first = planned("two", out="two", naming=naming)
        outputs = [Path(target) for target in first.values()] + [Path("two/c_big.jpg.png")]
        for target in outputs:
            target.write_bytes(PNG)
        assert planned("two", out="two", naming=naming).items() >= first.items()
        assert not set(planned("two", out="two", naming=naming)) & set(map(str, first.values()))
        for target in outputs:
            target.unlink()
    Path("two/c_big.jpg.png").write_bytes(PNG)
    assert "two/c_big.jpg.png" not in planned("two", out="two", naming=Naming(PICTURES, "_x4", suffix="_big"))
    Path("two/c.jpg").unlink()
    assert "two/c_big.jpg.png" in planned("two", out="two", naming=Naming(PICTURES, "_x4", suffix="_big"))


def test_a_number_given_after_a_collision_does_not_replace_its_own_source(tree: Path) -> None:
    Path("in/b_1.png").write_bytes(PNG)
    naming = Naming(PICTURES, "_x4", template=parse("q{stem:.1}{ext}", "srgan", "4"))
    Path("in/qb_1.png").write_bytes(PNG)
    found = planned("in/b.png", "in/b_1.png", naming=naming)
    assert found == {"in/b.png": "in/qb.png", "in/b_1.png": "in/qb_1.png"}
    Path("in/q.png").write_bytes(PNG)
    own = Naming(PICTURES, "_x4", template=parse("{stem:.1}{ext}", "srgan", "4"))
    with pytest.raises(UsageError, match="would replace in/q_1.png"):
        Path("in/q_1.png").write_bytes(PNG)
        Path("in/qq.png").write_bytes(PNG)
        plan_jobs(["in/qq.png", "in/q_1.png"], "in", own)


def test_two_stars_do_not_follow_links(tree: Path) -> None:
    for name in ("l1", "l2"):
        (tree / "in" / name).symlink_to(".")
    (tree / "in" / "[x]").mkdir()
    (tree / "in" / "[x]" / "e.png").write_bytes(PNG)
    pictures = ["in/[x]/e.png", "in/b.png", "in/sub/deep/c.png", "in/text.png", "in/x.png/d.png"]
    assert sorted(planned("in/**/*.png", out="out")) == pictures
    assert sorted(planned(str(tree / "in/**/*.png"), out="out")) == [str(tree / name) for name in pictures]
    assert sorted(planned("**/**/*.png", out="out")) == pictures
    assert sorted(planned("i*/**/c.png", out="out")) == ["in/sub/deep/c.png"]
    assert set(planned("in/**", out="out")) == {*pictures, "in/a.jpg", "in/unnamed"}


def test_names_stay_in_the_outputs_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("in/...png").write_bytes(PNG)
    folders = Naming(PICTURES, "_x4", template=parse("{stem}/{parent}{ext}", "srgan", "4"))
    assert planned("in/...png", out="out", naming=folders) == {"in/...png": "out/_/in.png"}
    monkeypatch.chdir(tree / "in" / "sub")
    parents = Naming(PICTURES, "_x4", template=parse("{parent}/{stem}{ext}", "srgan", "4"))
    assert planned("../b.png", out="out", naming=parents) == {"../b.png": "out/in/b.png"}
    with pytest.raises(UsageError, match="without folders"):
        plan_jobs(["../b.png"], "out", Naming(PICTURES, "_x4", suffix="/../../x"))
