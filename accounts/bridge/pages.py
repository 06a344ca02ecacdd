"""Pages of proving oneself again that allauth lacks."""

from __future__ import annotations

from typing import Any

from allauth.account.views import BaseReauthenticateView
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.bridge import reauth
from accounts.bridge.forms import MailedProof
from accounts.models import Proof, User


class ReauthenticateByCode(LoginRequiredMixin, BaseReauthenticateView):
    """A code mailed on request, for everybody without a second factor."""

    form_class = MailedProof
    template_name = "account/reauthenticate_by_code.html"

    @property
    def person(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") != "mail":
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
        user = self.person
        reauth.mail_code(request, user)
        messages.success(request, _("A code is on its way to your address."))
        empty = self.form_class(user=user)
        page: HttpResponse = self.render_to_response(self.get_context_data(form=empty))
        return page

    def get_form_kwargs(self) -> dict[str, Any]:
        return dict(super().get_form_kwargs(), user=self.person)

    def form_valid(self, form: MailedProof) -> HttpResponse:
        reauth.note(self.request, self.person, Proof.CODE)
        answer: HttpResponse = super().form_valid(form)
        return answer
