"""`/api/v1/auth/…`: sign-in and the own account."""

from django.urls import path

from accounts import api

urlpatterns = [
    path("auth/login", api.LoginView.as_view(), name="api-auth-login"),
    path("auth/me", api.MeView.as_view(), name="api-auth-me"),
]
