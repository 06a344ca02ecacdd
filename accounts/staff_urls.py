"""`/staff/…`: pages of operators."""

from django.urls import path

from accounts import staff

app_name = "staff"
urlpatterns = [
    path("users/", staff.users, name="users"),
    path("users/<uuid:pk>/", staff.user, name="user"),
    path("users/<uuid:pk>/role/", staff.set_role, name="role"),
    path("users/<uuid:pk>/modules/", staff.add_module, name="grant"),
    path("users/<uuid:pk>/modules/<slug:permission>/revoke/", staff.remove_module, name="revoke"),
    path("users/<uuid:pk>/<slug:action>/", staff.act, name="act"),
    path("approvals/", staff.approvals, name="approvals"),
    path("audit/", staff.audit_log, name="audit"),
    path("mail/", staff.kept_mail, name="mail"),
    path("statistics/", staff.statistics_page, name="statistics"),
]
