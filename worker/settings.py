"""Settings of every carepath process: the environment first, then `carepath.toml` in the working directory.

Every name stands in the environment with the prefix `CAREPATH_` and in the file in lower case without it. A name
that does not exist is refused: a misspelt `CAREPATH_KEYS` must not quietly make a new key file. A name set to nothing
is as if it were not set.
"""

import difflib
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from worker.problems import Problem

PREFIX: Final = "CAREPATH_"
FILE: Final = "carepath.toml"
# Switches of tests and measurements, read where they are used and no part of the product.
_NOT_SETTINGS: Final = ("CAREPATH_TEST_", "CAREPATH_BENCH_", "CAREPATH_DEMO_")

Port = Annotated[int, Field(ge=1, le=65535)]


def user_data_dir(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where this platform keeps the data of a person's programs."""
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "carepath"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "carepath"
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "carepath"


def user_cache_dir(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where this platform keeps what can be got again, for example the Temporal server."""
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "carepath" / "cache"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "carepath"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "carepath"


class Settings(BaseSettings):
    """What a carepath process is told from outside. Use `load_settings`, which turns mistakes into problems."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        toml_file=FILE,
        use_attribute_docstrings=True,
    )

    home: Path = Field(default_factory=user_data_dir)
    """Where embedded data lives: the SQLite files, the keys, logs of the embedded Temporal server."""

    temporal_address: str = "127.0.0.1:7233"
    """`host:port` of Temporal's frontend. Given explicitly, `carepath server` starts no server of its own."""

    temporal_namespace: str = Field(default="default", min_length=1)
    """Temporal namespace of all journeys."""

    temporal_binary: Path | None = None
    """Temporal's own command line, for the embedded server."""

    task_queue: str = Field(default="carepath", min_length=1)
    """Task queue the workers take from. Never holds anything about a person."""

    database_url: str = ""
    """SQLAlchemy URL of the records. Empty: a SQLite file under `home`; see `records_url`."""

    keys: str = ""
    """Key file, made if it is not there; the address of a KMS is refused. Empty: a key file under `home`; see
    `key_source`."""

    pathways: Path | None = None
    """Folder of pathways: where commands look for a pathway given by its bare name. None: the library that ships with
    carepath; see `pathways_folder`."""

    site: Path | None = None
    """The site's `site.yaml`, or the bare name of a site that ships with carepath. None: no site, with the defaults
    that `carepath check` documents."""

    api_host: str = "127.0.0.1"
    """Address the HTTP API listens on."""

    api_port: Port = 8700
    """Port the HTTP API listens on."""

    api_url: str = ""
    """Where others reach the HTTP API. Empty: made from host and port; see `public_api_url`."""

    api_tokens: SecretStr = SecretStr("")
    """Tokens the API accepts: a JSON object, or `@file` that holds one. The API defines the shape."""

    api_token: SecretStr = SecretStr("")
    """The token the command line shows to the API, where the API wants one."""

    attachment_mb: int = Field(default=10, ge=1, le=50)
    """Megabytes (of 1024 times 1024 bytes) one photo, voice note or drawn signature may have."""

    temporal_ui: str = ""
    """Where people open the Temporal UI; it may call the codec. Empty: the frontend's host, its port plus 1000."""

    codec_url: str = ""
    """Where the Temporal UI has payloads decoded. Empty: the API's `/codec`; see `codec_endpoint`."""

    smtp_url: SecretStr = SecretStr("")
    """`smtp://[user:password@]host:port` of the mail server. Empty: no mail channel."""

    partners: Path | None = None
    """File with the addresses and secrets of partners. Never part of a site or a pathway."""

    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port of a worker's Prometheus metrics; 0 serves none."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then `carepath.toml`; no `.env`, no secrets folder."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))

    @property
    def address_given(self) -> bool:
        """Whether somebody named a Temporal server, so that none of our own is to be started."""
        return "temporal_address" in self.model_fields_set

    @property
    def records_url(self) -> str:
        """SQLAlchemy URL of the records, with the default filled in."""
        return self.database_url or f"sqlite:///{self.home / 'records.db'}"

    @property
    def key_source(self) -> str:
        """Key file or KMS address, with the default filled in."""
        return self.keys or str(self.home / "keys.json")

    @property
    def public_api_url(self) -> str:
        """Where others reach the HTTP API, without a slash at the end."""
        return self.api_url.rstrip("/") or f"http://{self.api_host}:{self.api_port}"

    @property
    def codec_endpoint(self) -> str:
        """Where the Temporal UI has payloads decoded (it adds `/decode`)."""
        return self.codec_url.rstrip("/") or f"{self.public_api_url}/codec"

    @property
    def pathways_folder(self) -> Path:
        """Folder of pathways, with the default filled in."""
        if self.pathways is not None:
            return self.pathways
        import pathways

        return Path(pathways.__path__[0]) / "library"


def setting_names() -> frozenset[str]:
    """The names as they stand in the environment."""
    return frozenset(PREFIX + name.upper() for name in Settings.model_fields)


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = setting_names()
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and not name.startswith(_NOT_SETTINGS):
            raise _unknown(name, "environment", sorted(known))


def _unknown(name: str, where: str, known: list[str]) -> Problem:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(known)}."
    return Problem("E-SETTING-UNKNOWN", name=name, where=where, did_you_mean=hint)


def load_settings(**given: object) -> Settings:
    """Read the settings. `given` (field names) wins over the environment, the environment over `carepath.toml`.

    Raises:
        Problem: a name that does not exist, a value that cannot be read, a broken file. Values are never shown.
    """
    _refuse_unknown(os.environ)
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except tomllib.TOMLDecodeError as error:
        raise Problem("E-SETTING-FILE", reason=str(error)) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise _unknown(name, FILE, sorted(Settings.model_fields)) from None
        raise Problem("E-SETTING-VALUE", name=PREFIX + name.upper(), reason=first["msg"]) from None
