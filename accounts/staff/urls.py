"""`/staff/…`: pages of operators."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.permissions import admin_required
from accounts.staff import views

app_name = "staff"
urlpatterns = [
    path("", admin_required(RedirectView.as_view(pattern_name="staff:approvals"))),
    path("users/", views.users, name="users"),
    path("users/<uuid:pk>/", views.user, name="user"),
    path("users/<uuid:pk>/role/", views.set_role, name="role"),
    path("users/<uuid:pk>/modules/", views.add_module, name="grant"),
    path("users/<uuid:pk>/modules/<slug:permission>/revoke/", views.remove_module, name="revoke"),
    path("users/<uuid:pk>/<slug:action>/", views.act, name="act"),
    path("approvals/", views.approvals, name="approvals"),
    path("audit/", views.audit_log, name="audit"),
    path("mail/", views.kept_mail, name="mail"),
    path("statistics/", views.statistics_page, name="statistics"),
]
