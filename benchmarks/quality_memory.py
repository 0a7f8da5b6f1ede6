"""What `quality.py` has measured before, by file, set and arithmetic."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quality_subjects import Subject

from upscale.atomic import write_bytes

FULL = "fp32"
ORIGINALS = "originals"


@dataclass(frozen=True)
class Memory:
    """A JSON file: for each model the digest of its weights, its scores by set and dtype, and its time."""

    path: Path

    def figures(self, subject: Subject, test_set: str, dtype: str = FULL) -> Mapping[str, Any]:
        """Scores and number of pictures; empty where these weights have not been measured so."""
        return self._known(subject).get(f"{test_set} {dtype}", {})

    def keep_figures(self, subject: Subject, test_set: str, dtype: str, figures: Mapping[str, Any]) -> None:
        """Remember scores, at once and for good."""
        self._keep(subject, f"{test_set} {dtype}", figures)

    def time(self, subject: Subject) -> Mapping[str, Any]:
        """Seconds for a megapixel and how they were taken; empty where that has not been done."""
        return self._all().get(str(subject), {}).get("time", {})

    def keep_time(self, subject: Subject, time: Mapping[str, Any]) -> None:
        """Weights do not count for it: it stays when they are trained anew."""
        self._keep(subject, "time", time)

    def dtypes(self) -> set[str]:
        """The arithmetics that anything was measured in."""
        return {key.rsplit(" ", 1)[1] for known in self._all().values() for key in known if " " in key}

    def _known(self, subject: Subject) -> dict[str, Any]:
        known: dict[str, Any] = self._all().get(str(subject), {})
        return known if known.get("file") == subject.file else {}

    def _keep(self, subject: Subject, key: str, facts: Mapping[str, Any]) -> None:
        everything = self._all()
        time = self.time(subject)
        kept = {
            "file": subject.file,
            **({"time": dict(time)} if time else {}),
            **self._known(subject),
            key: dict(facts),
        }
        write_bytes(self.path, (json.dumps(everything | {str(subject): kept}, indent=1) + "\n").encode())

    def _all(self) -> dict[str, Any]:
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}
