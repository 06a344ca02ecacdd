"""Positioning under /api/v1/cot: paths without a trailing slash."""

from django.urls import path

from cot.api import downloads as api_exports
from cot.api import markets as api_markets
from cot.api import reference as api

urlpatterns = [
    path(
        "markets/<str:report_type>/<str:subtype>",
        api_markets.MarketsView.as_view(),
        name="api-cot-markets",
    ),
    path(
        "markets/<str:report_type>/<str:subtype>/<str:code>",
        api_markets.MarketView.as_view(),
        name="api-cot-market",
    ),
    path(
        "screener/<str:report_type>/<str:subtype>",
        api_markets.ReportBoardView.as_view(),
        name="api-cot-screener",
    ),
    path("screener-v2", api_markets.BestReportView.as_view(), name="api-cot-screener-v2"),
    path("dashboard/<str:code>", api_markets.DashboardView.as_view(), name="api-cot-dashboard"),
    path("definitions", api_markets.DefinitionsView.as_view(), name="api-cot-definitions"),
    path(
        "export/<str:report_type>/<str:subtype>",
        api_exports.ExportView.as_view(),
        name="api-cot-export",
    ),
    path("groups/<str:report_type>", api.GroupsView.as_view(), name="api-cot-groups"),
    path("status", api.StatusView.as_view(), name="api-cot-status"),
    path("calendar", api.CalendarView.as_view(), name="api-cot-calendar"),
    path("categories", api.CategoriesView.as_view(), name="api-cot-categories"),
    path("quality", api.QualityView.as_view(), name="api-cot-quality"),
    path("revisions", api.RevisionsView.as_view(), name="api-cot-revisions"),
    path("watchlist", api.WatchlistView.as_view(), name="api-cot-watchlist"),
    path("watchlist/<str:code>", api.WatchItemView.as_view(), name="api-cot-watch"),
]
