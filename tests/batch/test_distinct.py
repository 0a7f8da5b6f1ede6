from pathlib import Path

from upscale.batch.distinct import Names, distinct, ignores_case


def test_case_counts_where_the_file_system_lets_it(tmp_path: Path) -> None:
    """Links from the swapped names are what a file system that ignores case looks like."""
    (tmp_path / "strict").mkdir()
    (tmp_path / "strict" / "x.txt").touch()
    (tmp_path / "Lax").mkdir()
    (tmp_path / "Lax" / "x.txt").touch()
    (tmp_path / "Lax" / "X.TXT").symlink_to("x.txt")
    assert not ignores_case(tmp_path / "strict")
    assert ignores_case(tmp_path / "Lax" / "not" / "there" / "yet")
    sources = [Path("a.png"), Path("A.png")]
    for folder, second in (("strict", "A.png"), ("Lax", "A_1.png")):
        targets = [tmp_path / folder / source.name for source in sources]
        assert distinct(sources, targets, Names()) == [targets[0], tmp_path / folder / second]


def test_thousands_of_one_name_take_no_time_to_tell_apart() -> None:
    """In quadratic time this would take minutes."""
    count = 20_000
    sources = [Path(f"{number}/cover.jpg") for number in range(count)]
    targets = distinct(sources, [Path("out/cover.jpg")] * count, Names())
    assert len(set(targets)) == count
    assert targets[-1] == Path(f"out/cover_{count - 1}.jpg")


def test_a_folder_is_looked_into_once(tmp_path: Path) -> None:
    """What comes later does not change the answer, so that thousands of collisions cost one look."""
    (tmp_path / "x.txt").touch()
    names = Names([tmp_path / "a.png", tmp_path / "b.png"])
    assert names.take(tmp_path / "A.png")
    (tmp_path / "X.TXT").symlink_to("x.txt")
    assert names.take(tmp_path / "B.png")
