"""Problems that a person who runs carepath can put right: a stable code, what is wrong, what to do, in zh and en.

A `Problem` is no programmer's error: it is shown without a traceback, and its exit code is part of the command
line's contract (1 the input was judged wrong, 2 the command was used wrongly, 3 something needed is not there).
"""

import os
from collections.abc import Mapping
from typing import Any, Final, Literal

Language = Literal["en", "zh"]

WRONG_INPUT: Final = 1
WRONG_USE: Final = 2
NOT_THERE: Final = 3

# code -> (exit code, what is wrong and what to do, per language)
TEXTS: Final[Mapping[str, tuple[int, Mapping[Language, tuple[str, str]]]]] = {
    "E-SETTING-UNKNOWN": (
        WRONG_USE,
        {
            "en": ("there is no setting {name} (found in {where})", "{did_you_mean}"),
            "zh": ("没有名为 {name} 的设置（见于{where}）", "{did_you_mean}"),
        },
    ),
    "E-SETTING-VALUE": (
        WRONG_USE,
        {
            "en": ("the setting {name} cannot be read: {reason}", "Correct it in the environment or in carepath.toml."),
            "zh": ("设置 {name} 无法读取：{reason}", "请在环境变量或 carepath.toml 中更正。"),
        },
    ),
    "E-SETTING-FILE": (
        WRONG_USE,
        {
            "en": ("carepath.toml is not valid TOML: {reason}", "Correct the file, or move it away."),
            "zh": ("carepath.toml 不是有效的 TOML：{reason}", "请更正该文件，或将其移走。"),
        },
    ),
    "E-USAGE": (
        WRONG_USE,
        {
            "en": ("the command was used wrongly: {reason}", "Its options: `{command} --help`."),
            "zh": ("命令用法有误：{reason}", "可用选项见 `{command} --help`。"),
        },
    ),
    "E-COMMAND-MISSING": (
        NOT_THERE,
        {
            "en": (
                "the command '{name}' is known but not part of this installation",
                "Install a release that has it, or run it from a complete checkout.",
            ),
            "zh": ("命令“{name}”已登记，但当前安装中没有它", "请安装包含它的版本，或在完整的检出目录中运行。"),
        },
    ),
    "E-TEMPORAL-UNREACHABLE": (
        NOT_THERE,
        {
            "en": (
                "no Temporal server answers at {address}: {reason}",
                "Start one with `carepath server`, or set CAREPATH_TEMPORAL_ADDRESS.",
            ),
            "zh": (
                "{address} 上没有可用的 Temporal 服务器：{reason}",
                "请用 `carepath server` 启动，或设置 CAREPATH_TEMPORAL_ADDRESS。",
            ),
        },
    ),
    "E-TEMPORAL-BINARY": (
        NOT_THERE,
        {
            "en": (
                "{path} is no Temporal command line: {reason}",
                "Set CAREPATH_TEMPORAL_BINARY to a working `temporal`, or unset it.",
            ),
            "zh": (
                "{path} 不是可用的 Temporal 命令行程序：{reason}",
                "请将 CAREPATH_TEMPORAL_BINARY 指向可用的 `temporal`，或取消该设置。",
            ),
        },
    ),
    "E-TEMPORAL-BUILD": (
        NOT_THERE,
        {
            "en": (
                "the Temporal server could not be got: {reason}",
                "Install `temporal` yourself and set CAREPATH_TEMPORAL_BINARY, or give CAREPATH_TEMPORAL_ADDRESS.",
            ),
            "zh": (
                "无法获得 Temporal 服务器：{reason}",
                "请自行安装 `temporal` 并设置 CAREPATH_TEMPORAL_BINARY，或给出 CAREPATH_TEMPORAL_ADDRESS。",
            ),
        },
    ),
    "E-TEMPORAL-START": (
        NOT_THERE,
        {
            "en": ("the Temporal server did not start: {reason}", "The whole log is in {log}."),
            "zh": ("Temporal 服务器未能启动：{reason}", "完整日志见 {log}。"),
        },
    ),
    "E-TEMPORAL-PORT": (
        NOT_THERE,
        {
            "en": (
                "port {port} on {host} is in use by another program",
                "Stop that program, or choose another port (--port, --ui-port; 0 picks a free one).",
            ),
            "zh": (
                "{host} 的端口 {port} 已被其他程序占用",
                "请停止该程序，或另选端口（--port、--ui-port；0 表示自动选择）。",
            ),
        },
    ),
    "E-TEMPORAL-BUSY": (
        NOT_THERE,
        {
            "en": (
                "another Temporal server is using {database} (process {pid})",
                "Use the one that runs, stop it, or give another CAREPATH_HOME.",
            ),
            "zh": (
                "另一个 Temporal 服务器正在使用 {database}（进程 {pid}）",
                "请使用正在运行的那个、将其停止，或指定另一个 CAREPATH_HOME。",
            ),
        },
    ),
    "E-SEARCH-ATTRIBUTES": (
        NOT_THERE,
        {
            "en": (
                "the namespace '{namespace}' at {address} lacks search attributes: {missing}",
                "Run `carepath server` once against this address, or register them with the Temporal operator.",
            ),
            "zh": (
                "{address} 的命名空间“{namespace}”缺少搜索属性：{missing}",
                "请对该地址运行一次 `carepath server`，或通过 Temporal 运维接口注册。",
            ),
        },
    ),
    "E-SEARCH-ATTRIBUTE-TYPE": (
        NOT_THERE,
        {
            "en": (
                "search attributes of the namespace '{namespace}' at {address} have another type: {wrong}",
                "Use a namespace of carepath's own, or remove those attributes there.",
            ),
            "zh": (
                "{address} 的命名空间“{namespace}”中有类型不符的搜索属性：{wrong}",
                "请为 carepath 使用单独的命名空间，或在那里移除这些属性。",
            ),
        },
    ),
    "E-API-TOKENS": (
        WRONG_USE,
        {
            "en": ("the API tokens cannot be used: {reason}", "Correct CAREPATH_API_TOKENS (docs/reference/http.md)."),
            "zh": ("API 令牌无法使用：{reason}", "请更正 CAREPATH_API_TOKENS，参见 docs/reference/http.md。"),
        },
    ),
    "E-API-OPEN": (
        WRONG_USE,
        {
            "en": (
                "without tokens the API serves only this machine, not {address}",
                "Set CAREPATH_API_TOKENS, or listen on 127.0.0.1.",
            ),
            "zh": (
                "未设置令牌时，API 只服务本机，不能监听 {address}",
                "请设置 CAREPATH_API_TOKENS，或监听 127.0.0.1。",
            ),
        },
    ),
    "E-API-PORT": (
        NOT_THERE,
        {
            "en": (
                "the API cannot listen on port {port} of {host}: {reason}",
                "Stop what listens there, or choose another port (--port, CAREPATH_API_PORT).",
            ),
            "zh": (
                "API 无法监听 {host} 的端口 {port}：{reason}",
                "请停止占用该端口的程序，或另选端口（--port、CAREPATH_API_PORT）。",
            ),
        },
    ),
    "E-API-UNREACHABLE": (
        NOT_THERE,
        {
            "en": (
                "no carepath API answers at {address}",
                "Start one with `carepath api`, or set CAREPATH_API_URL to where it runs.",
            ),
            "zh": (
                "{address} 上没有可用的 carepath API",
                "请用 `carepath api` 启动，或将 CAREPATH_API_URL 指向其地址。",
            ),
        },
    ),
    "E-API-TROUBLE": (
        NOT_THERE,
        {
            "en": (
                "the carepath API at {address} cannot answer now: {reason} ({refusal})",
                "Try again in a moment; its log says more.",
            ),
            "zh": ("{address} 上的 carepath API 暂时无法应答：{reason}（{refusal}）", "请稍后重试，详情见其日志。"),
        },
    ),
    "E-API-TOKEN": (
        WRONG_USE,
        {
            "en": (
                "the carepath API at {address} does not know this token",
                "Set CAREPATH_API_TOKEN to one of the API's tokens (docs/reference/http.md).",
            ),
            "zh": (
                "{address} 上的 carepath API 不认识该令牌",
                "请将 CAREPATH_API_TOKEN 设为该 API 的令牌之一，参见 docs/reference/http.md。",
            ),
        },
    ),
    "E-SITE-INVALID": (
        WRONG_INPUT,
        {
            "en": ("the site {file} has errors: {reason}", "Run `carepath check {file}` and mend what it says."),
            "zh": ("站点文件 {file} 有错误：{reason}", "请运行 `carepath check {file}` 并按提示修改。"),
        },
    ),
    "E-PATHWAY-INVALID": (
        WRONG_INPUT,
        {
            "en": ("the pathway {file} has errors: {reason}", "Run `carepath check {file}` and mend what it says."),
            "zh": ("路径文件 {file} 有错误：{reason}", "请运行 `carepath check {file}` 并按提示修改。"),
        },
    ),
    "E-PROTOCOL": (
        WRONG_INPUT,
        {
            "en": ("{file} is no questionnaire protocol: {reason}", "Mend the file at the place named."),
            "zh": ("{file} 不是可用的问卷日程文件：{reason}", "请按所指位置修改该文件。"),
        },
    ),
    "E-FILE": (
        WRONG_USE,
        {
            "en": ("{file} cannot be read: {reason}", "Check the name and the permissions."),
            "zh": ("无法读取 {file}：{reason}", "请检查文件名和权限。"),
        },
    ),
    "E-JSON": (
        WRONG_USE,
        {
            "en": ("{name} is not valid JSON: {reason}", "Give a JSON object, or @file that holds one."),
            "zh": ("{name} 不是有效的 JSON：{reason}", "请给出 JSON 对象，或包含它的 @文件。"),
        },
    ),
    "E-BUNDLE": (
        WRONG_INPUT,
        {
            "en": ("{file} is no FHIR bundle of one patient: {reason}", "Give a Bundle (R4, JSON) with one Patient."),
            "zh": ("{file} 不是单个患者的 FHIR Bundle：{reason}", "请提供含有一个 Patient 的 Bundle（R4，JSON）。"),
        },
    ),
    "E-RESOURCE": (
        WRONG_INPUT,
        {
            "en": ("{file} is no FHIR resource: {reason}", "Give a resource or a Bundle (R4, JSON)."),
            "zh": ("{file} 不是 FHIR 资源：{reason}", "请提供一个资源或 Bundle（R4，JSON）。"),
        },
    ),
    "E-NO-DEFINITION": (
        WRONG_INPUT,
        {
            "en": ("there is no PlanDefinition in {files}", "Give one, or a Bundle that holds one."),
            "zh": ("{files} 中没有 PlanDefinition", "请提供 PlanDefinition，或包含它的 Bundle。"),
        },
    ),
    "E-FACT-SOURCE": (
        WRONG_INPUT,
        {
            "en": ("a fact of {pathway} names no place of a record: {reason}", "Correct its `from`."),
            "zh": ("{pathway} 的一个事实没有指明记录中的位置：{reason}", "请更正它的 `from`。"),
        },
    ),
    "E-REFUSED": (
        WRONG_INPUT,
        {
            "en": ("{reason} ({refusal})", ""),
            "zh": ("{reason}（{refusal}）", ""),
        },
    ),
    "E-NOT-APPROVED": (
        WRONG_INPUT,
        {
            "en": (
                "{pathway} {version} is not signed by two people",
                "Have two people run `carepath approve` on exactly this file.",
            ),
            "zh": ("{pathway} {version} 尚未由两人签署", "请由两人对该文件分别运行 `carepath approve`。"),
        },
    ),
    "E-NO-SCENARIO": (
        WRONG_INPUT,
        {
            "en": ("no scenario was found", "Put one into the folder `scenarios` beside the pathway."),
            "zh": ("没有找到场景", "请在路径旁的 `scenarios` 文件夹中放入一个。"),
        },
    ),
    "E-NO-PATHWAY": (
        WRONG_INPUT,
        {
            "en": ("no pathway was found", "Give a pathway file, or a folder that holds one."),
            "zh": ("没有找到路径", "请给出路径文件，或含有路径的文件夹。"),
        },
    ),
    "E-BEHAVIOUR": (
        WRONG_INPUT,
        {
            "en": ("the behaviour cannot be used: {reason}", "Start from a copy of carepath/rehearsal/behaviour.yaml."),
            "zh": ("行为文件无法使用：{reason}", "请从 carepath/rehearsal/behaviour.yaml 的副本开始。"),
        },
    ),
    "E-RECORDS-AWAY": (
        NOT_THERE,
        {
            "en": ("the records cannot be reached: {reason}", "Check CAREPATH_DATABASE_URL and the database."),
            "zh": ("无法连接记录库：{reason}", "请检查 CAREPATH_DATABASE_URL 和数据库。"),
        },
    ),
    "E-DEMO-PART": (
        NOT_THERE,
        {
            "en": ("{part} did not start", "Its log is {log}."),
            "zh": ("{part} 未能启动", "其日志为 {log}。"),
        },
    ),
}

CODES: Final = frozenset(TEXTS)
_PLAIN: Final = (str, int, float, list, dict, type(None))


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of a terminal: zh where the locale says so, else en."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class Problem(Exception):
    """Something is wrong that the person at the terminal can put right."""

    def __init__(self, code: str, **facts: object) -> None:
        """`code` is one of `CODES`; `facts` fill its text."""
        exit_code, texts = TEXTS[code]
        self.code = code
        self.exit_code = exit_code
        self.facts = facts
        self._texts = texts
        super().__init__(self.message("en"))

    def __reduce__(self) -> tuple[object, ...]:
        """Problems cross process borders (pytest-xdist, process pools) whole."""
        return (_rebuild, (self.code, self.facts))

    def message(self, language: Language = "en") -> str:
        """What is wrong, one sentence without a full stop."""
        return self._texts[language][0].format(**self.facts)

    def hint(self, language: Language = "en") -> str:
        """What to do, one sentence, or nothing."""
        return self._texts[language][1].format(**self.facts)

    def to_json(self, language: Language | None = None) -> dict[str, Any]:
        """The same for programs: ``{"problem": {code, message, hint, exit_code, facts}}``."""
        chosen = language or language_of(os.environ)
        plain = {name: value if isinstance(value, _PLAIN) else str(value) for name, value in self.facts.items()}
        return {
            "problem": {
                "code": self.code,
                "message": self.message(chosen),
                "hint": self.hint(chosen),
                "exit_code": self.exit_code,
                "facts": plain,
            }
        }

    def render(self, language: Language | None = None) -> str:
        """The text shown on standard error."""
        chosen = language or language_of(os.environ)
        hint = self.hint(chosen)
        head = f"{'错误' if chosen == 'zh' else 'error'} {self.code}: {self.message(chosen)}"
        return f"{head}\n  {hint}" if hint else head


def _rebuild(code: str, facts: dict[str, object]) -> Problem:
    return Problem(code, **facts)
