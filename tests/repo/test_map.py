"""The README's map, the verbs and the decisions are true."""

import re
import tomllib

from tests.repo import tree

README = (tree.ROOT / "README.md").read_text()
MAKEFILE = (tree.ROOT / "Makefile").read_text()
DECISION = re.compile(r"\d{4}-\d{2}-\d{2}-[a-z0-9-]+\.md")


def folders_of(*place: str) -> set[str]:
    """Name the folders directly below `place` that hold files of the project."""
    root = tree.ROOT.joinpath(*place)
    below = (path for path in tree.files() if path.is_relative_to(root))
    parts = (path.relative_to(root).parts for path in below)
    return {first for first, *rest in parts if rest and not first.startswith(".")}


def test_the_map_names_every_folder_of_the_package() -> None:
    unnamed = {
        name
        for name in folders_of("src", "portal")
        if not re.search(rf"^  +{name}/ +\S", README, re.MULTILINE)
    }

    assert unnamed == set()


def test_the_map_names_every_top_folder() -> None:
    unnamed = {
        name
        for name in folders_of()
        if not re.search(rf"^{name}/", README, re.MULTILINE)
    }

    assert unnamed == set()


def test_every_file_the_readme_names_is_there() -> None:
    named = re.findall(r"`([a-z_/.]+/[a-z_]+\.(?:py|md))`|\]\(([^)#]+)\)", README)
    paths = [first or second for first, second in named]

    assert [path for path in paths if not (tree.ROOT / path).exists()] == []
    assert len(paths) > 6


def test_the_readme_fits_on_a_screen_or_two() -> None:
    assert len(README.splitlines()) <= 100


def test_there_are_at_most_ten_verbs_and_each_says_what_it_does() -> None:
    verbs = re.findall(r"^([a-z]+):(?:.*?)( ## [a-z].*)?$", MAKEFILE, re.MULTILINE)

    assert len(verbs) <= 10
    assert [name for name, sentence in verbs if not sentence] == []
    assert {"help", "run", "test", "check", "bench"} <= {name for name, _ in verbs}


def test_every_decision_has_a_date_and_three_parts() -> None:
    folder = tree.ROOT / "decisions"
    entries = [path for path in folder.glob("*.md") if path.name != "README.md"]

    assert [path.name for path in entries if not DECISION.fullmatch(path.name)] == []
    for path in entries:
        headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequence"], path.name


def test_the_package_is_typed_licensed_and_its_version_is_in_the_changelog() -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())["project"]
    changelog = (tree.ROOT / "CHANGELOG.md").read_text()

    assert (tree.PACKAGE / "py.typed").exists()
    assert "Version 2.0, January 2004" in (tree.ROOT / "LICENSE").read_text()
    assert f"## [{project['version']}]" in changelog or "## [Unreleased]" in changelog
