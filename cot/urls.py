"""`/cot/…`: the pages of positioning. A page of one market lies below the board under its contract code."""

from django.urls import path

from cot.pages import views_board as views
from cot.pages import (
    views_charts,
    views_compare,
    views_data,
    views_guide,
    views_market,
    views_welcome,
)

app_name = "cot"
urlpatterns = [
    path("", views.board, name="board"),
    path("board.csv", views.board_csv, name="board_csv"),
    path("watch/", views.watch, name="watch"),
    path("start/", views_welcome.start, name="start"),
    path("hint/", views_welcome.dismiss, name="dismiss"),
    path("compare/", views_compare.compare, name="compare"),
    path("compare/figures.json", views_compare.figures, name="compare_figures"),
    path("map/", views_charts.market_map, name="map"),
    path("guide/", views_guide.guide_page, name="guide"),
    path("guide/<slug:key>/", views_guide.section, name="guide_section"),
    path("data/", views_data.data, name="data"),
    path("data/update/", views_data.update, name="update"),
    path("data/cancel/", views_data.cancel, name="cancel-update"),
    path("data/run/", views_data.run_progress, name="run-progress"),
    path("data/review/<int:pk>/close/", views_data.close_review, name="close-review"),
    path("data/quarantine/<int:pk>/close/", views_data.close_quarantined, name="close-quarantined"),
    path("<str:code>/", views_market.market, name="market"),
    path("<str:code>/figures.json", views_market.figures, name="figures"),
    path("<str:code>/charts/", views_charts.market_charts, name="charts"),
    path("<str:code>/block/", views_market.block, name="block"),
    path("<str:code>/table/", views_market.table, name="table"),
]
