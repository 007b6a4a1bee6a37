"""The simulator's page: branches, devices, and buttons for what happens to them.

Plain forms, no script; Persian first with English beside it.
"""

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

_STYLE = """
:root{color-scheme:light dark;--bg:#F6F7F5;--surface:#fff;--ink:#16232A;--muted:#4B5B62;
--line:#7C8A88;--primary:#0B6E6B;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#10181B;--surface:#182226;--ink:#E9EFEE;
--muted:#A9B8BA;--line:#70858C;--primary:#5CC4BC;--on:#062A28}}
body{font:1rem/1.7 system-ui,"Segoe UI","Noto Sans Arabic",Tahoma,sans-serif;
margin:0 auto;max-width:75rem;padding:16px;background:var(--bg);color:var(--ink)}
section,article{background:var(--surface);border-radius:12px;padding:16px;margin:16px 0}
article{border:1px solid var(--line);margin:0}h3,h2{margin:0}
small,.muted{color:var(--muted)}
form{display:inline-block;margin:4px}
button,input,a.open{font:inherit;min-height:40px;border-radius:8px;padding:4px 12px;
border:1px solid var(--line);background:var(--surface);color:var(--ink)}
a.open{display:inline-block;background:var(--primary);color:var(--on);
text-decoration:none;border:0;line-height:40px;padding:0 16px}
label,a{white-space:nowrap}input{width:4em}a{color:var(--primary)}
.devices{display:grid;gap:12px;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));
margin:12px 0}
:focus-visible{outline:3px solid #0B3FB0;outline-offset:2px}
"""


def render(branches: Sequence[dict[str, Any]], staff_url: str = "") -> bytes:
    """The page for these states (`state.branch_state`), with a way to the desk."""
    body = "".join(_branch(branch) for branch in branches)
    text = (
        '<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>شعبه‌های شبیه‌سازی‌شده · Simulated branches</title><style>{_STYLE}"
        "</style></head><body>"
        "<h1>شعبه‌های شبیه‌سازی‌شده <small lang=en>Simulated branches</small></h1>"
        "<p>هر دستگاه نشانی خودش را دارد؛ مرورگری که آن را باز کند همان دستگاه است."
        " <span lang=en dir=ltr class=muted>Each device has an address of its own; a"
        " browser that opens it is that device.</span></p>"
        f'<p><a href="/">به‌روزرسانی · Update</a></p>{_desk(staff_url)}{body}'
        "</body></html>"
    )
    return text.encode()


def _desk(staff_url: str) -> str:
    if not staff_url:
        return ""
    return (
        f'<p><a class=open href="{escape(staff_url)}">میز کتابخانه · Staff desk</a></p>'
    )


def _branch(state: dict[str, Any]) -> str:
    path = f"/nas/{quote(state['name'], safe='')}"
    power = (
        ("off", "قطع برق · Power cut")
        if state["powered"]
        else (
            "on",
            "وصل برق · Power on",
        )
    )
    line = (
        ("no", "قطع خط · Cut the line")
        if state["line_up"]
        else (
            "yes",
            "وصل خط · Mend the line",
        )
    )
    buttons = (
        _button(f"{path}/reboot", "راه‌اندازی دوباره · Reboot", graceful="yes")
        + _button(f"{path}/reboot", "از کار افتادن · Crash", graceful="no")
        + _button(f"{path}/power", power[1], on=power[0])
        + _button(f"{path}/line", line[1], up=line[0])
    )
    devices = "".join(_device(state["name"], device) for device in state["devices"])
    return (
        f"<section><h2>{_code(state['name'])}</h2>"
        f"<p class=muted>{_code(_address_line(state))}</p><div>{buttons}</div>"
        f"<div class=devices>{devices}</div>{_ended(state['ended'])}</section>"
    )


def _address_line(state: dict[str, Any]) -> str:
    ignored = [f"ignores {name}" for name in state["ignored"]]
    parts = [f"NAS {state['nas_identifier']}", state["address"]]
    parts += [f"UAM {state['uam_network']}", state["quirks"], *ignored]
    return " · ".join(parts)


def _device(branch: str, state: dict[str, Any]) -> str:
    path = f"/devices/{quote(branch, safe='')}/{state['number']}"
    url = escape(state["uam_url"])
    session = state["session"]
    actions = [_button(f"{path}/return", "برگشتن · Come back")]
    if state["present"]:
        actions = [
            f'<a class=open href="{url}/start">باز کردن صفحه · Open a page</a>',
            f'<a href="{url}/status">وضعیت · Status</a>',
            _use(path) if session else "",
            _button(f"{path}/idle", "بی‌کار · Idle") if session else "",
            _button(f"{path}/leave", "دور شدن · Walk away"),
            _button(f"{path}/release", "خاموش کردن وای‌فای · Wi-Fi off"),
        ]
    return (
        f"<article><h3>دستگاه · Device {state['number']}</h3>"
        f"<p class=muted>{_code(state['mac'])} · {_code(state['ip'])}</p>"
        f"<p>{_standing(session)}</p><div>{' '.join(actions)}</div></article>"
    )


def _standing(session: dict[str, Any] | None) -> str:
    if session is None:
        return "بیرون · Signed out"
    figures = (
        f"{session['user_name']} · {session['session_time']} s · "
        f"↓ {session['downloaded']:,} ↑ {session['uploaded']:,} B"
    )
    limits = [f"{name}={value}" for name, value in session["limits"].items() if value]
    return (
        f"<strong>وصل · Online</strong> {_code(figures)}<br>"
        f"<small>{_code(' '.join(limits))}</small>"
    )


def _use(path: str) -> str:
    return (
        f'<form method=post action="{escape(path)}/use">'
        f"{_figure('megabytes', 100, 'حجم', 'MB')} "
        f"{_figure('rate', 20, 'سرعت', 'Mbit/s')}"
        " <button>مصرف · Use data</button></form>"
    )


def _figure(name: str, value: int, label: str, unit: str) -> str:
    return (
        f"<label>{label} <bdi dir=ltr><input name={name} value={value}"
        f" inputmode=numeric> {unit}</bdi></label>"
    )


def _ended(sessions: Sequence[dict[str, Any]]) -> str:
    lines = [
        f"<li>{_code(_ended_line(session))}</li>"
        for session in list(sessions)[-5:][::-1]
    ]
    if not lines:
        return ""
    return f"<p>پایان‌یافته‌ها · Ended</p><ul>{''.join(lines)}</ul>"


def _ended_line(session: dict[str, Any]) -> str:
    return (
        f"{session['device']}: cause {session['cause']}, {session['session_time']} s, "
        f"↓ {session['downloaded']:,} ↑ {session['uploaded']:,} B"
    )


def _button(action: str, label: str, **fields: str) -> str:
    hidden = "".join(
        f'<input type=hidden name="{name}" value="{value}">'
        for name, value in fields.items()
    )
    return (
        f'<form method=post action="{escape(action)}">{hidden}'
        f"<button>{label}</button></form>"
    )


def _code(text: str) -> str:
    return f"<bdi dir=ltr>{escape(str(text))}</bdi>"
