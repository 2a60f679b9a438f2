"""Settings: where they come from, what wins, and that no name is accepted and ignored."""

import pickle
from pathlib import Path

import pytest

from worker.problems import CODES, NOT_THERE, WRONG_USE, Problem, language_of
from worker.settings import load_settings, setting_names, user_cache_dir, user_data_dir


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_stated_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAREPATH_HOME", str(tmp_path / "here"))
    settings = load_settings()
    assert settings.temporal_address == "127.0.0.1:7233"
    assert not settings.address_given
    assert settings.temporal_namespace == "default"
    assert settings.task_queue == "carepath"
    assert settings.records_url == f"sqlite:///{tmp_path / 'here' / 'records.db'}"
    assert settings.key_source == str(tmp_path / "here" / "keys.json")
    assert settings.public_api_url == "http://127.0.0.1:8700"
    assert settings.codec_endpoint == "http://127.0.0.1:8700/codec"
    assert settings.pathways_folder.parts[-2:] == ("pathways", "library")


def test_environment_wins_over_the_file_and_arguments_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("carepath.toml").write_text('task_queue = "file"\napi_port = 9001\nsite = "site.yaml"\n', "utf-8")
    monkeypatch.setenv("CAREPATH_TASK_QUEUE", "environment")
    settings = load_settings()
    assert (settings.task_queue, settings.api_port, settings.site) == ("environment", 9001, Path("site.yaml"))
    assert load_settings(task_queue="argument").task_queue == "argument"


def test_an_address_in_the_environment_counts_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREPATH_TEMPORAL_ADDRESS", "127.0.0.1:7233")
    assert load_settings().address_given


def test_a_misspelt_name_in_the_environment_is_refused_with_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREPATH_KEY", "mine")
    with pytest.raises(Problem) as caught:
        load_settings()
    assert (caught.value.code, caught.value.exit_code) == ("E-SETTING-UNKNOWN", WRONG_USE)
    assert "CAREPATH_KEYS" in caught.value.hint()


def test_a_misspelt_name_in_the_file_is_refused_with_the_right_one() -> None:
    Path("carepath.toml").write_text('task_que = "x"\n', "utf-8")
    with pytest.raises(Problem) as caught:
        load_settings()
    assert caught.value.code == "E-SETTING-UNKNOWN"
    assert "task_queue" in caught.value.hint()
    assert "carepath.toml" in caught.value.message()


def test_a_broken_file_is_a_problem_not_a_traceback() -> None:
    Path("carepath.toml").write_text("task_queue = \n", "utf-8")
    with pytest.raises(Problem) as caught:
        load_settings()
    assert caught.value.code == "E-SETTING-FILE"


@pytest.mark.parametrize("value", ["0", "70000", "eight"])
def test_a_bad_value_names_the_setting_and_keeps_the_value_to_itself(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CAREPATH_API_PORT", value)
    with pytest.raises(Problem) as caught:
        load_settings()
    assert caught.value.code == "E-SETTING-VALUE"
    assert caught.value.facts["name"] == "CAREPATH_API_PORT"
    assert "input_value" not in caught.value.message()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREPATH_SMTP_URL", "smtp://user:hush@127.0.0.1:25")
    monkeypatch.setenv("CAREPATH_API_TOKENS", '{"hush": {}}')
    assert "hush" not in repr(load_settings())


def test_every_setting_of_the_contract_exists() -> None:
    names = {
        "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TASK_QUEUE", "DATABASE_URL", "KEYS", "PATHWAYS", "SITE", "HOME",
        "TEMPORAL_BINARY",
    }  # fmt: skip
    assert {f"CAREPATH_{name}" for name in names} <= setting_names()


@pytest.mark.parametrize(
    ("platform", "environment", "ending"),
    [
        ("linux", {"XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c"}, ("/d/carepath", "/c/carepath")),
        ("darwin", {}, ("Application Support/carepath", "Caches/carepath")),
        ("linux", {}, (".local/share/carepath", ".cache/carepath")),
    ],
)
def test_where_platforms_keep_things(platform: str, environment: dict[str, str], ending: tuple[str, str]) -> None:
    assert user_data_dir(environment, platform).as_posix().endswith(ending[0])
    assert user_cache_dir(environment, platform).as_posix().endswith(ending[1])


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_problem_reads_in_both_languages_with_the_same_facts(code: str) -> None:
    names = (
        "name", "where", "did_you_mean", "reason", "address", "path", "log", "database", "pid", "host", "port",
        "namespace", "missing", "wrong", "part", "file", "pathway", "version", "refusal", "command", "files",
    )  # fmt: skip
    problem = Problem(code, **{name: f"<{name}>" for name in names})
    english, chinese = problem.render("en"), problem.render("zh")
    assert english != chinese
    assert {name for name in names if f"<{name}>" in english} == {name for name in names if f"<{name}>" in chinese}


@pytest.mark.parametrize(
    ("environment", "language"),
    [({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "zh_CN", "LC_ALL": "C"}, "en"), ({"LANG": "de"}, "en")],
)
def test_language_follows_the_terminal(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_a_problem_survives_a_process_border() -> None:
    problem = pickle.loads(pickle.dumps(Problem("E-COMMAND-MISSING", name="plan")))
    assert (problem.code, problem.exit_code, problem.message()) == (
        "E-COMMAND-MISSING",
        NOT_THERE,
        "the command 'plan' is known but not part of this installation",
    )
