"""A test that could not run is a failure in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.tree import ROOT

SKIPPED_TEST = """
import pytest

def test_of_a_server_that_is_not_here() -> None:
    pytest.skip("no server")
"""
SKIPPED_MODULE = """
import pytest

pytest.importorskip("a_package_that_is_not_here")
"""


@pytest.mark.parametrize("source", [SKIPPED_TEST, SKIPPED_MODULE])
@pytest.mark.parametrize(("ci", "passes"), [("", True), ("true", False)])
def test_a_skip_passes_on_a_desk_and_fails_in_ci(
    tmp_path: Path, source: str, ci: str, passes: bool
) -> None:
    (tmp_path / "test_it.py").write_text(source)

    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            "-p",
            "no:randomly",
            "test_it.py",
        ],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ("1 skipped" in run.stdout) is passes, run.stdout
    assert ("skipped, which fails in CI" in run.stdout) is not passes
    assert (run.returncode in {0, 5}) is passes
