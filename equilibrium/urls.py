"""The site map."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView
from drf_spectacular.views import SpectacularAPIView

from core import probes
from cot.pages import views_public
from equilibrium import reference, views

MARK = f"{settings.STATIC_URL}img/mark.svg"  # browsers ask for it beside a page that names none

urlpatterns = [
    path("", views.landing, name="landing"),
    path("favicon.ico", RedirectView.as_view(url=MARK)),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
    path("week/", views_public.week, name="week"),
    # the lines of the board link to their markets below the page they stand on
    path("week/<str:code>/", RedirectView.as_view(pattern_name="cot:market")),
    path("search/", views.search, name="search"),
    path("appearance/", views.appearance, name="appearance"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("accounts.urls")),
    path("staff/", include("accounts.staff.urls")),
    path("cot/", include("cot.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("accounts.api_urls")),
    path("api/v1/cot/", include("cot.api.urls")),
    re_path(r"^health/?$", probes.health, name="health"),
    re_path(r"^health/ready/?$", probes.ready, name="ready"),
    re_path(r"^metrics/?$", probes.metrics, name="metrics"),
    re_path(r"^api/schema/?$", SpectacularAPIView.as_view(), name="schema"),
    re_path(r"^api/docs/?$", reference.SwaggerPage.as_view(), name="api-docs"),
    re_path(r"^api/reference/?$", reference.ReferencePage.as_view(), name="api-reference"),
    path("api/reference/redoc.js", reference.bundle, name="api-reference-bundle"),
]

handler400 = "core.error_pages.bad_request"
handler403 = "core.error_pages.forbidden"
handler404 = "core.error_pages.not_found"
handler429 = "core.error_pages.too_many_requests"
handler500 = "core.error_pages.server_error"
