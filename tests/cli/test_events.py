import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import PROJECT

from upscale.cli.events import Events
from upscale.errors import UsageError


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_report_grows_from_run_to_run_and_mends_a_cut_line(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text('{"event": "pic')
    for number in range(2):
        with Events(None, path) as events:
            events.run({"number": number})
            events.send({"event": "picture", "source": "caf\udce9.png"})
            assert path.read_bytes().endswith(b"}\n")
    cut, *whole = path.read_text().splitlines()
    assert cut == '{"event": "pic'
    assert [json.loads(line)["event"] for line in whole] == ["run", "picture"] * 2
    assert all("time" in json.loads(line) for line in whole)


def test_a_report_that_cannot_be_written_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the report"), Events(None, tmp_path / "no" / "run.jsonl"):
        pass


def test_a_full_disk_ends_the_report_and_not_the_run(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from upscale.cli.events import Events\n"
        "with Events('stdout', Path(sys.argv[1])) as events:\n"
        "    for number in range(50): events.send({'number': number, 'padding': 100 * 'x'})\n"
    )

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "run.jsonl")],
        cwd=PROJECT, capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 50)
    assert done.stderr.count("the report") == 1 and "ends here: file too large" in done.stderr
