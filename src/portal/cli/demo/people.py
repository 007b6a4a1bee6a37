"""The people, plans and branches of the demo. All made up, all with valid numbers."""

from dataclasses import dataclass

from portal.service.estate_ports import PlanLimits


@dataclass(frozen=True, slots=True)
class DemoBranch:
    """A branch with one simulated access server at 127.0.0.`octet`."""

    code: str
    name_fa: str
    name_en: str
    octet: int


BRANCHES = (
    DemoBranch("khorramabad", "کتابخانهٔ خرم‌آباد", "Khorramabad Library", 2),
    DemoBranch("borujerd", "کتابخانهٔ بروجرد", "Borujerd Library", 3),
)


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """A plan and its first version."""

    code: str
    name_fa: str
    name_en: str
    limits: PlanLimits


_MBIT = 1_000_000
PLANS = (
    DemoPlan(
        "members",
        "اعضا",
        "Members",
        PlanLimits(
            time_per_day=2 * 3600,
            data_per_day=1_000_000_000,
            speed_down=8 * _MBIT,
            speed_up=2 * _MBIT,
            devices=2,
            idle_timeout=15 * 60,
            longest_session=4 * 3600,
        ),
    ),
    DemoPlan(
        "children",
        "کودکان و نوجوانان",
        "Children and young people",
        PlanLimits(
            time_per_day=3600,
            data_per_day=300_000_000,
            speed_down=4 * _MBIT,
            speed_up=_MBIT,
            devices=1,
            idle_timeout=15 * 60,
        ),
    ),
    DemoPlan(
        "researchers",
        "پژوهشگران",
        "Researchers",
        PlanLimits(data_per_day=5_000_000_000, devices=3, idle_timeout=30 * 60),
    ),
    # Small enough to be used up while one looks on.
    DemoPlan(
        "guests",
        "مهمانان",
        "Guests",
        PlanLimits(
            time_per_day=10 * 60,
            data_per_day=50_000_000,
            speed_down=2 * _MBIT,
            speed_up=_MBIT,
            devices=1,
            idle_timeout=5 * 60,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoPatron:
    """A made-up person. The phones of two of them are one: a family's."""

    name: str
    card: str
    national_id: str
    phone: str
    pin: str
    branch: str
    plan: str


# name, card, national ID, phone, PIN, branch, plan
_TABLE = """
زهرا کرمی|00012345|0123456789|09990000101|2580|khorramabad|members
علی‌رضا بهاروند|00012382|9900001230|09990000102|1357|borujerd|members
مریم سادات موسوی|00012419|4321098769|09990000103|4821|khorramabad|researchers
حسین ساکی|00012456|9912583248|09990000104|7394|borujerd|members
فاطمه رومیانی|00012493|9912662431|09990000105|6105|khorramabad|members
محمدامین دریکوند|00012530|9912741625|09990000106|3928|borujerd|researchers
نرگس پاپی|00012567|9912820819|09990000107|8462|khorramabad|members
رضا بیرانوند|00012604|9912900006|09990000108|5713|borujerd|members
سمیه حسنوند|00012641|9912979192|09990000109|9046|khorramabad|guests
امیرحسین سپهوند|00012678|9913058384|09990000110|1687|borujerd|members
لیلا گودرزی|00012715|9913137578|09990000111|7250|khorramabad|children
مهدی یاراحمدی|00012752|9913216761|09990000112|4039|borujerd|guests
الهام قائدرحمت|00012789|9913295955|09990000113|8516|khorramabad|members
یوسف کولیوند|00012826|9913375142|09990000114|2973|borujerd|children
پروین شاهوردی|00012863|9913454336|09990000115|6384|khorramabad|guests
کیان رستمی|00012900|9913533521|09990000116|1492|borujerd|members
آیدا مرادی|00012937|9913612713|09990000116|5807|khorramabad|children
بهرام نیازی|00012974|9913691907|09990000118|3641|borujerd|guests
ژیلا یوسف‌وند|00013011|9913771099|09990000119|9275|khorramabad|members
Sara Ahmadi|00013048|9913850282|09990000120|4168|borujerd|researchers
"""

PATRONS = tuple(DemoPatron(*line.split("|")) for line in _TABLE.strip().splitlines())
