"""Pairs in the command palette: type a part of a name, go there."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from matrix.boards.pair import Pair
from tui.lines.text import GLYPHS, pair_name
from tui.screens.base import DashboardScreen
from tui.screens.pair import PairScreen


class PairProvider(Provider):
    """Offers the pairs of the board. Names are peer text: they are shown as plain content, never as markup."""

    async def discover(self) -> Hits:
        for pair in self._pairs()[:5]:
            yield DiscoveryHit(_shown(pair), partial(self._open, pair), text=pair_name(pair))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for pair in self._pairs():
            name = f"{pair_name(pair)} {pair.version}"
            if (score := matcher.match(name)) > 0:
                yield Hit(score, _shown(pair), partial(self._open, pair), text=name)

    def _pairs(self) -> tuple[Pair, ...]:
        return self.screen.board.pairs if isinstance(self.screen, DashboardScreen) else ()

    def _open(self, pair: Pair) -> None:
        if isinstance(self.screen, DashboardScreen):
            self.screen.go(PairScreen(self.screen.source, pair.key))


def _shown(pair: Pair) -> Content:
    return Content(f"{GLYPHS[pair.outcome]} {pair_name(pair)}  OCPP {pair.version}")
