"""What docs/adding-a-module.md has one add to `equilibrium/urls.py`."""

from django.urls import include, path

from equilibrium.urls import *  # noqa: F403
from equilibrium.urls import urlpatterns as product

urlpatterns = [
    path("notes/", include("tests.notes.urls")),
    path("api/v1/", include("tests.notes.api_urls")),
    *product,
]
