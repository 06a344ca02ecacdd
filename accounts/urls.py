"""`/accounts/…`: allauth's pages in the product's layout and the person's own pages."""

from django.urls import include, path

urlpatterns = [
    path("", include("allauth.urls")),
]
