"""Positioning under /api/v1/cot: paths without a trailing slash."""

from django.urls import path

from cot import api

urlpatterns = [
    path("groups/<str:report_type>", api.GroupsView.as_view(), name="api-cot-groups"),
    path("status", api.StatusView.as_view(), name="api-cot-status"),
    path("calendar", api.CalendarView.as_view(), name="api-cot-calendar"),
    path("categories", api.CategoriesView.as_view(), name="api-cot-categories"),
    path("quality", api.QualityView.as_view(), name="api-cot-quality"),
    path("revisions", api.RevisionsView.as_view(), name="api-cot-revisions"),
    path("watchlist", api.WatchlistView.as_view(), name="api-cot-watchlist"),
    path("watchlist/<str:code>", api.WatchItemView.as_view(), name="api-cot-watch"),
]
