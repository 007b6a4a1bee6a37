import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.config import SettingsError, describe, effective, load


def test_without_any_setting_everything_has_its_default() -> None:
    settings = load({})

    assert settings.database_url.reveal() == "sqlite:///var/portal.db"
    assert settings.keyring == Path("var/keyring")
    assert str(settings.captive_bind) == "127.0.0.1:8080"
    assert settings.radius_acct_port == 1813
    assert settings.trusted_proxies == ()
    assert not settings.redis_url


def test_the_folder_of_files_moves_database_and_key_ring() -> None:
    settings = load({"PORTAL_VAR_DIR": "/srv/portal"})

    assert settings.database_url.reveal() == "sqlite:////srv/portal/portal.db"
    assert settings.database_file == Path("/srv/portal/portal.db")
    assert settings.keyring == Path("/srv/portal/keyring")


def test_an_empty_value_is_the_default() -> None:
    assert load({"PORTAL_RADIUS_AUTH_PORT": ""}).radius_auth_port == 1812


def test_an_unknown_setting_is_named_with_the_likely_one() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"PORTAL_REDIS_ULR": "redis://127.0.0.1"})

    assert str(caught.value) == (
        "PORTAL_REDIS_ULR: is not a setting; did you mean PORTAL_REDIS_URL?"
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("RADIUS_AUTH_PORT", "99999", "'99999' is not a whole number from 1 to 65535"),
        ("RADIUS_AUTH_PORT", "۱۸۱۲", "'۱۸۱۲' is not a whole number from 1 to 65535"),
        ("RADIUS_BIND", "localhost", "'localhost' is not an IP address"),
        ("CAPTIVE_BIND", "8080", "'8080' is not ADDRESS:PORT"),
        ("PUBLIC_URL", "portal.example", "'portal.example' is not an http or https"),
        ("PUBLIC_URL", "https://a.example/x", "is to be scheme, name and port only"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "is not a list of networks"),
        ("LOG_LEVEL", "loud", "'loud' is none of debug"),
        ("TEST", "yes", "'yes' is neither 0 nor 1"),
        ("DATABASE_URL", "mysql://h/x", "the value is neither sqlite:///PATH"),
        ("DATABASE_URL", "sqlite://", "needs the path of a file"),
        ("DATABASE_URL", "sqlite:///:memory:", "needs the path of a file"),
        ("REDIS_URL", "http://h", "the value is none of redis://"),
        ("TEST_CLOCK_OFFSET", "nan", "'nan' is not a number of seconds"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_setting(
    name: str, value: str, reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load({f"PORTAL_{name}": value})

    text = str(caught.value)
    assert text.startswith(f"PORTAL_{name}: ")
    assert reason in text
    assert "\n" not in text


def test_a_bad_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"PORTAL_DATABASE_URL": "mysql://u:hunter2@h/x"})

    assert "hunter2" not in str(caught.value)


def test_the_clock_moves_only_in_tests() -> None:
    with pytest.raises(SettingsError, match="needs PORTAL_TEST=1"):
        load({"PORTAL_TEST_CLOCK_OFFSET": "-3600"})

    settings = load({"PORTAL_TEST_CLOCK_OFFSET": "-3600.5", "PORTAL_TEST": "1"})

    assert settings.test_clock_offset == -3600.5


def test_a_secret_can_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://portal:hunter2@db/portal\n")

    settings = load({"PORTAL_DATABASE_URL_FILE": str(secret)})

    assert settings.database_url.reveal() == "postgresql://portal:hunter2@db/portal"
    assert settings.database_file is None


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"PORTAL_KEYRING_FILE": "x"}, "PORTAL_KEYRING_FILE: is not a setting"),
        ({"PORTAL_REDIS_URL_FILE": "/nowhere"}, "/nowhere: No such file or directory"),
        (
            {"PORTAL_REDIS_URL_FILE": "x", "PORTAL_REDIS_URL": "redis://h"},
            "PORTAL_REDIS_URL_FILE: is set together with the setting itself",
        ),
        ({"PORTAL_CONFIG": "/nowhere.toml"}, "PORTAL_CONFIG: /nowhere.toml: No such"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    environment: dict[str, str], reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environment)

    assert reason in str(caught.value)


def test_the_environment_outranks_the_configuration_file(tmp_path: Path) -> None:
    file = tmp_path / "portal.toml"
    file.write_text(
        'radius_bind = "10.0.0.5"\nradius_auth_port = 11812\n'
        'trusted_proxies = ["10.0.0.0/8", "192.168.0.0/16"]\ntest = true\n'
    )

    settings = load({"PORTAL_CONFIG": str(file), "PORTAL_RADIUS_BIND": "10.0.0.6"})

    assert settings.radius_bind == "10.0.0.6"
    assert settings.radius_auth_port == 11812
    assert [str(each) for each in settings.trusted_proxies] == [
        "10.0.0.0/8",
        "192.168.0.0/16",
    ]
    assert settings.test


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("redis_ulr = 1", "redis_ulr in {file}: is not a setting; did you mean"),
        ("reply_cache = 0", "reply_cache in {file}: '0' is not a whole number"),
        ("= =", "PORTAL_CONFIG: {file} is not TOML"),
    ],
)
def test_a_mistake_in_the_configuration_file_names_file_and_setting(
    tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "portal.toml"
    file.write_text(text)

    with pytest.raises(SettingsError) as caught:
        load({"PORTAL_CONFIG": str(file)})

    assert str(caught.value).startswith(reason.format(file=file))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://portal:hunter2@db:5432/portal",
        "postgresql://portal@db/portal?password=hunter2",
        "postgresql://portal:hunter2@[::1]/portal?sslmode=require",
    ],
)
def test_no_password_is_printed(url: str) -> None:
    settings = load({"PORTAL_DATABASE_URL": url})

    shown = effective(settings)["PORTAL_DATABASE_URL"]
    assert "hunter2" not in shown
    assert shown.startswith("postgresql://portal")
    assert "hunter2" not in repr(settings)


def test_every_setting_is_described_and_effective() -> None:
    settings = load({})

    assert [each.name for each in describe()] == list(effective(settings))
    assert all(each.meaning.endswith(".") for each in describe())


def test_the_effective_settings_can_be_given_back() -> None:
    given_ = {
        "PORTAL_CAPTIVE_BIND": "[::1]:8080",
        "PORTAL_TRUSTED_PROXIES": "10.0.0.0/8,fd00::/8",
        "PORTAL_TEST": "1",
        "PORTAL_TEST_CLOCK_OFFSET": "86400",
    }
    settings = load(given_)

    again = load(effective(settings))

    assert again == settings
    assert given_.items() <= effective(settings).items()


@given(
    name=st.sampled_from([each.name for each in describe()]),
    value=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_no_value_makes_more_than_a_settings_error(name: str, value: str) -> None:
    with contextlib.suppress(SettingsError):
        load({name: value})
