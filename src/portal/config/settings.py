"""The table of all settings: name, type, default, meaning, secret or not."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from portal.config import values
from portal.config.values import Endpoint, SecretUrl, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The effective settings; the table of all there are."""

    var_dir: Path = setting(Path, "var", "Folder of the files the program writes.")
    database_url: SecretUrl = setting(
        values.database_url,
        "sqlite:///{var_dir}/portal.db",
        "Database: `sqlite:///PATH` (four slashes before an absolute path) or"
        " `postgresql://USER:PASSWORD@HOST/NAME`.",
        secret=True,
    )
    redis_url: SecretUrl = setting(
        values.redis_url,
        "",
        "Redis for throttles and live events shared by several processes;"
        " empty: each process keeps its own.",
        secret=True,
    )
    keyring: Path = setting(
        Path,
        "{var_dir}/keyring",
        "File of the root keys. Readable by its owner only; without it, sealed"
        " values are lost.",
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        values.networks,
        "",
        "Networks, separated by commas, whose X-Forwarded-For and X-Forwarded-Proto"
        " are believed.",
    )
    captive_bind: Endpoint = setting(
        Endpoint.parse, "127.0.0.1:8080", "Where the patrons' pages listen."
    )
    public_url: str = setting(
        values.web_address,
        "http://{captive_bind}",
        "Address of the patrons' pages as phones see it.",
    )
    captive_status_bind: Endpoint = setting(
        Endpoint.parse,
        "127.0.0.1:8084",
        "Where the patrons' pages answer /healthz and /metrics.",
    )
    captive_workers: int = setting(
        values.whole(1, 64), "1", "Processes that serve the patrons' pages."
    )
    captive_threads: int = setting(
        values.whole(1, 64),
        "24",
        "Threads in each of those processes; some stay free of sign-ins that wait.",
    )
    staff_bind: Endpoint = setting(
        Endpoint.parse, "127.0.0.1:8081", "Where the staff pages listen."
    )
    staff_url: str = setting(
        values.web_address,
        "http://{staff_bind}",
        "Address of the staff pages as browsers see it.",
    )
    staff_status_bind: Endpoint = setting(
        Endpoint.parse,
        "127.0.0.1:8085",
        "Where the staff pages answer /healthz and /metrics.",
    )
    staff_workers: int = setting(
        values.whole(1, 64), "1", "Processes that serve the staff pages."
    )
    staff_threads: int = setting(
        values.whole(1, 64), "4", "Threads in each of those processes."
    )
    radius_bind: str = setting(
        values.address, "127.0.0.1", "Address where RADIUS is answered."
    )
    radius_auth_port: int = setting(
        values.port_number, "1812", "UDP port of Access-Requests and Status-Server."
    )
    radius_acct_port: int = setting(
        values.port_number, "1813", "UDP port of accounting and Status-Server."
    )
    radius_status_bind: Endpoint = setting(
        Endpoint.parse,
        "127.0.0.1:8082",
        "Where radiusd answers /healthz and /metrics.",
    )
    reply_cache: int = setting(
        values.whole(5, 30),
        "30",
        "Seconds for which a repeated RADIUS request gets the reply it had"
        " (RFC 5080 2.2.2).",
    )
    worker_status_bind: Endpoint = setting(
        Endpoint.parse,
        "127.0.0.1:8083",
        "Where the worker answers /healthz and /metrics.",
    )
    sim_bind: Endpoint = setting(
        Endpoint.parse,
        "127.0.0.1:3990",
        "Where the simulated branches show their page; the pages of their devices have"
        " the same port.",
    )
    sim_dynauth_port: int = setting(
        values.port_number,
        "3799",
        "UDP port on which simulated access servers take Disconnect and CoA.",
    )
    argon2_memory: int = setting(
        values.whole(8, 4_194_304), "19456", "KiB of memory that hashing one PIN takes."
    )
    argon2_time: int = setting(
        values.whole(1, 100), "2", "Passes over that memory (argon2id's time cost)."
    )
    argon2_lanes: int = setting(
        values.whole(1, 16), "1", "Lanes of argon2id (its parallelism)."
    )
    argon2_at_once: int = setting(
        values.whole(1, 64), "2", "PINs hashed at the same time in one process."
    )
    argon2_queue: int = setting(
        values.whole(0, 1000),
        "16",
        "Sign-ins that wait for their turn to hash; further ones are asked to try"
        " again.",
    )
    retention_days: int = setting(
        values.whole(1, 3650), "180", "Days for which sessions and bookings are kept."
    )
    log_level: str = setting(
        values.log_level,
        "info",
        "Least serious events logged: debug, info, warning, error.",
    )
    test: bool = setting(
        values.switch, "0", "1 allows the settings that only tests may use."
    )
    test_clock_offset: float = setting(
        values.seconds,
        "0",
        "Seconds that every process's clock is ahead of the machine's."
        " Needs PORTAL_TEST=1.",
    )

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database."""
        url = self.database_url.reveal()
        if not url.startswith("sqlite"):
            return None
        return Path(url.removeprefix("sqlite:///").partition("?")[0])
