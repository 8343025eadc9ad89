"""The helper's page for the start of the day: the booth itself, its devices, and when it was last disinfected.

Plain HTML, which a script keeps up to date in place. It opens for whoever stands at the booth: it tells nothing of
anybody, and what it lets do (look again, call for help, write down a disinfection) harms nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import Final

from aiohttp import web

from booth_client.config import Helper
from booth_client.disinfection import Disinfected, Disinfections
from booth_client.equipment import Equipment
from booth_client.kiosk.start_of_day_words import STATES, SUPPLIES, TO_DO, WHAT, WORDS
from booth_client.kiosk.today import Today, clock
from booth_client.machine.row import Row, State
from booth_client.selftest import SelfTest
from booth_client.supplies import Supplies, Supply
from gateway.errors import Unavailable

__all__ = ["PATH", "StartOfDay"]

PATH: Final = "/appareils"
_LONGEST_FORM: Final = 512
_Form = Mapping[str, object]
_Deed = Callable[[_Form], Awaitable[str]]
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'"
)


class StartOfDay:
    """The page's routes; *call* calls somebody, *helped*: somebody has a code for more, *now* is the time."""

    def __init__(
        self,
        selftest: SelfTest,
        equipment: Equipment,
        disinfections: Disinfections,
        today: Today,
        supplies: Supplies,
        *,
        helper: Helper,
        call: Callable[[], Awaitable[None]],
        helped: Callable[[], bool],
        trial: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._selftest = selftest
        self._equipment = equipment
        self._disinfections = disinfections
        self._today = today
        self._supplies = supplies
        self._helper = helper
        self._call = call
        self._helped = helped
        self._trial = trial
        self._now = now

    def routes(self) -> tuple[web.RouteDef, ...]:
        """Return what the kiosk's server serves."""
        acts: dict[str, _Deed] = {"test": self._test, "desinfecte": self._disinfected, "appel": self._called}
        acts |= {"manque": partial(self._noted, short=True), "remis": partial(self._noted, short=False)}
        return (
            web.get(PATH, self._show),
            *(web.post(f"{PATH}/{name}", self._acting(act)) for name, act in acts.items()),
        )

    async def _show(self, request: web.Request) -> web.StreamResponse:
        lang = "en" if request.query.get("lang") == "en" else "fr"
        said = request.query.get("said", "")
        log, short = await self._disinfections.last(most=1), await self._supplies.short()
        text = self._page(lang, said=said, log=log, short=short)
        headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "same-origin"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    def _acting(self, act: _Deed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            if request.headers.get("Origin") != f"http://{request.host}":
                raise web.HTTPForbidden(text="Only the booth's own page may do that.")
            if (request.content_length or 0) > _LONGEST_FORM:
                raise web.HTTPRequestEntityTooLarge(max_size=_LONGEST_FORM, actual_size=request.content_length or 0)
            form = await request.post()
            lang = "en" if form.get("lang") == "en" else "fr"
            raise web.HTTPSeeOther(f"{PATH}?lang={lang}&said={await act(form)}")

        return answer

    async def _test(self, _form: _Form) -> str:
        await self._selftest.look()
        return "tested"

    async def _disinfected(self, _form: _Form) -> str:
        try:
            await self._disinfections.note(self._helper.name or "", now=self._now())
        except Unavailable:
            return "unwritten"
        return "written"

    async def _noted(self, form: _Form, *, short: bool) -> str:
        what = str(form.get("what"))
        if what not in set(Supply):
            raise web.HTTPBadRequest(text="There is no such supply.")
        try:
            await self._supplies.note(Supply(what), short=short, now=self._now())
        except Unavailable:
            return "unwritten"
        return "written"

    async def _called(self, _form: _Form) -> str:
        await self._call()
        return "called"

    def _page(self, lang: str, *, said: str, log: Sequence[Disinfected], short: Mapping[Supply, datetime]) -> str:
        words, other = WORDS[lang], "fr" if lang == "en" else "en"
        now = self._now().astimezone()
        notice = f'<p class="notice" role="status">{words[said]}</p>' if said in _SAID else ""
        ways = [f'<a class="button" href="/aide">{words["aside"]}</a>'] * self._helped()
        ways += [f'<a class="button" href="/essai">{words["trial"]}</a>'] * self._trial
        ways.append(f'<a class="button" href="/">{words["close"]}</a>')
        return (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{words["title"]}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
            '<link rel="stylesheet" href="/static/shared/tokens.css">'
            '<link rel="stylesheet" href="/static/shared/base.css">'
            '<link rel="stylesheet" href="/page/aside.css">'
            '<script type="module" src="/page/devices.js"></script></head>'
            f'<body><main class="page"><h1>{words["title"]}</h1>{notice}'
            f"{self._booth(lang)}{self._today.section(lang, now=now)}"
            f"{self._equipment.section(lang, now=now)}{self._cleaning(lang, log)}"
            f"{_supplies(lang, short)}{self._help(lang)}"
            f'<p class="buttons">{"".join(ways)}</p>'
            f'<p><a href="?lang={other}" lang="{other}" hreflang="{other}">{words["other"]}</a></p>'
            "</main></body></html>"
        )

    def _booth(self, lang: str) -> str:
        words, test = WORDS[lang], self._selftest
        wrong = [row for row in test.rows if row.state in (State.ATTENTION, State.BROKEN)]
        at = clock(test.at.astimezone(), lang) if test.at else ""
        said = words["testing"] if not test.at else words["wrong" if wrong else "well"].format(at=at)
        heads = "".join(f'<th scope="col">{words[name]}</th>' for name in ("what", "state", "to-do"))
        rows = "".join(_row(row, lang) for row in test.rows)
        table = f'<table aria-labelledby="booth"><thead><tr>{heads}</tr></thead><tbody data-live>{rows}</tbody></table>'
        return (
            f'<h2 id="booth">{words["booth"]}</h2><p data-live>{said}</p>{table}{_button("test", words["test"], lang)}'
        )

    def _cleaning(self, lang: str, log: Sequence[Disinfected]) -> str:
        words = WORDS[lang]
        last = log[0].at.astimezone() if log else None
        said = words["cleaned"].format(day=f"{last:%d/%m/%Y}", at=clock(last, lang)) if last else words["never"]
        return f"<h2>{words['cleaning']}</h2><p>{said}</p>{_button('desinfecte', words['clean'], lang)}"

    def _help(self, lang: str) -> str:
        words = WORDS[lang]
        phone = f"<p>{words['phone'].format(phone=escape(self._helper.phone))}</p>" if self._helper.phone else ""
        return f"<h2>{words['human']}</h2>{phone}{_button('appel', words['call'], lang)}"


def _supplies(lang: str, short: Mapping[Supply, datetime]) -> str:
    """Return what is used up here as a part of the page: what is short, and a button a row."""
    words = WORDS[lang]
    heads = "".join(f'<th scope="col">{words[name]}</th>' for name in ("what", "state", "to-do"))
    rows = "".join(_supply(each, lang, short=each in short) for each in Supply)
    return (
        f'<h2 id="supplies">{words["supplies"]}</h2>'
        f'<table aria-labelledby="supplies"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


_SAID: Final = frozenset({"tested", "written", "unwritten", "called"})


def _supply(supply: Supply, lang: str, *, short: bool) -> str:
    act, word, state = ("remis", "refill", "short") if short else ("manque", "lack", "enough")
    button = _button(act, WORDS[lang][word], lang, supply)
    return f'<tr><th scope="row">{SUPPLIES[lang][supply]}</th><td>{WORDS[lang][state]}</td><td>{button}</td></tr>'


def _row(row: Row, lang: str) -> str:
    well = row.state in (State.GOOD, State.UNKNOWN)
    cells = (STATES[lang][row.state], "" if well else TO_DO[lang][row.what])
    name = f'<th scope="row">{WHAT[lang][row.what]}</th>'
    return f"<tr>{name}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _button(act: str, word: str, lang: str, what: Supply | None = None) -> str:
    about = f'<input type="hidden" name="what" value="{what}">' if what else ""
    named = f' aria-label="{word}\u00a0: {SUPPLIES[lang][what]}"' if what else ""
    return (
        f'<form method="post" action="{PATH}/{act}"><input type="hidden" name="lang" value="{lang}">{about}'
        f'<p class="buttons"><button{named}>{word}</button></p></form>'
    )
