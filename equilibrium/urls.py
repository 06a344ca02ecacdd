"""The site map: the only place of `equilibrium` that names the apps."""

from django.contrib import admin
from django.urls import include, path

from equilibrium import views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("appearance/", views.appearance, name="appearance"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
