from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.modules import Module, Page


class CotConfig(AppConfig):
    name = "cot"
    shell = Module(
        key="cot",
        title=_("Positioning"),
        home=Page(_("Board"), "cot:board", letter="b"),
        pages=(
            Page(_("Map"), "cot:map", letter="m"),
            Page(_("Guide"), "cot:guide", letter="h", public=True),
            Page(_("Data and quality"), "cot:data", letter="d"),
        ),
        search="cot.pages.search.search",
        feed="cot.feed.feed_at",
        personal="cot.selectors.watchlist.personal",
        api_reads=("/api/v1/cot/status",),
    )

    def ready(self) -> None:
        from cot import health, metrics, turns, upgrade  # noqa: F401 each registers what it does
