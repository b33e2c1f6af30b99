"""The sign-in with Microsoft: allauth's provider, with our own door, and without its ways to keep tokens."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import jwt
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.microsoft.views import MicrosoftGraphOAuth2Adapter
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from genthrust.sign_in_settings import PROGRAM
from people import entering, microsoft
from people.entering import NotAdmitted
from people.listening import refused_at_the_door
from people.microsoft import Grant

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]

CANCELLED = "The sign-in with Microsoft was cancelled."
FAILED = (
    "Microsoft could not sign you in. Please try again; if it stays so, please tell an admin of GenThrust."
)
OTHER_TENANT = "That Microsoft account belongs to another organization."
SWITCHED_OFF = "The account is switched off."
_NUMBER = re.compile(r"AADSTS[0-9]{3,8}")


class OtherTenant(ProviderException):  # type: ignore[misc]  # allauth ships no types
    """Microsoft says that the person, or the token, is not of our tenant or not for us. `address` is who came."""

    def __init__(self, sentence: str, address: str) -> None:
        super().__init__(sentence)
        self.address = address


class TenantAdapter(MicrosoftGraphOAuth2Adapter):  # type: ignore[misc]  # allauth ships no types
    """One round of the sign-in."""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **given: Any) -> Any:
        """Who signed in. Raises OtherTenant. What Microsoft gave out is held until the door has decided."""
        response = given["response"]
        login = super().complete_login(request, app, token, **given)
        profile = login.account.extra_data
        address = profile.get("mail") or profile.get("userPrincipalName") or ""
        _check_identity(response, app.client_id, login.account.uid, address)
        until = timezone.now() + timedelta(seconds=int(response.get("expires_in", 0)))
        grant = Grant(
            access=response["access_token"],
            refresh=response.get("refresh_token", ""),
            until=until,
            scopes=str(response.get("scope", "")),
        )
        microsoft.hold(request, grant, address=address)
        return login


def _check_identity(response: dict[str, Any], client_id: str, uid: str, address: str) -> None:
    """The ID token came straight from Microsoft over TLS, which is what stands in for checking its signature
    (OpenID Connect Core 3.1.3.7): it must be of our tenant, for our app, about this person.
    """
    try:
        told = jwt.decode(str(response.get("id_token", "")), options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise ProviderException("Microsoft sent no ID token that can be read.") from error
    if (told.get("aud"), told.get("oid")) != (client_id, uid):
        raise OtherTenant("The ID token is not for this app, or about somebody else.", address)
    if told.get("tid") != settings.AZURE_TENANT_ID.lower():
        raise OtherTenant("The ID token is of another tenant.", address)


class Door(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Decides about who comes from Microsoft: known, known by their address, a newcomer, or nobody of ours."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Before anything is kept. From here on allauth knows no token, so it can put none into the session."""
        sociallogin.token = None
        sociallogin.email_addresses = []  # the account's own address is enough
        sociallogin.state["process"] = "login"
        try:
            self._recognise(request, sociallogin)
        except NotAdmitted as refused:
            refused_at_the_door(request, sociallogin.user.email, refused.sentence)
            raise ImmediateHttpResponse(_told(request, refused.sentence, status=403)) from refused

    def _recognise(self, request: HttpRequest, sociallogin: Any) -> None:
        if not sociallogin.is_existing and (known := entering.account_of(sociallogin.user.email)):
            sociallogin.connect(request, known)
        if not sociallogin.is_existing:
            request.newcomers_role = entering.role_for(sociallogin.user.email)  # type: ignore[attr-defined]  # for save_user
        elif sociallogin.user.is_active:
            entering.use_invitation(sociallogin.user)
        else:  # allauth shows them the page of accounts that are switched off
            refused_at_the_door(request, sociallogin.user.get_username(), SWITCHED_OFF)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whoever came past pre_social_login may enter."""
        return hasattr(request, "newcomers_role")

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> "User":
        person: User = super().save_user(request, sociallogin, form)
        entering.welcome(person, request.newcomers_role)  # type: ignore[attr-defined]  # set by _recognise
        return person

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        """A page of ours; the log gets Microsoft's number of what happened, and nothing that it sent."""
        told = f"{request.GET.get('error_description', '')} {exception or ''}"
        number = _NUMBER.search(told)
        logger.warning(
            "A sign-in with Microsoft failed: %s %s",
            type(exception).__name__ if exception else error,
            number[0] if number else "",
        )
        sentence = {AuthError.CANCELLED: CANCELLED}.get(error, FAILED)
        if isinstance(exception, OtherTenant):
            sentence = OTHER_TENANT
            refused_at_the_door(request, exception.address, str(exception))
        raise ImmediateHttpResponse(_told(request, sentence, number=number[0] if number else ""))


def _told(request: HttpRequest, sentence: str, *, number: str = "", status: int = 401) -> HttpResponse:
    context = {"sentence": sentence, "number": number}
    answer = render(request, "account/microsoft_trouble.html", context, status=status)
    add_never_cache_headers(answer)
    return answer


def local_only(view: View) -> View:
    """A page of local accounts: not there while they are off."""

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.LOCAL_ACCOUNTS:
            raise Http404
        return view(request, *args, **kwargs)

    return shown


def _microsoft_only(view: View) -> View:
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MICROSOFT_SIGN_IN:
            raise Http404
        return view(request, *args, **kwargs)

    return shown


def _not_too_often(view: View) -> View:
    """Each start makes a session and a way back; who makes them by the hundred is told to wait (429)."""

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused: HttpResponse | None = ratelimit.consume_or_429(request, action="microsoft_start")
        return refused or view(request, *args, **kwargs)

    return shown


def _asking_for_ours(view: View) -> View:
    """Allauth takes from the address what Microsoft is asked for. A link says at most who is suggested to sign in.

    With `?for=program` it is the account of GRAPH_ACT_AS that signs in: it is asked for more, and suggested.
    """

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = request.GET.copy()
        hint = dict(parse_qsl(asked.get("auth_params", ""))).get("login_hint", "")
        asked.pop("scope", None)
        if asked.get("for") == "program" and settings.GRAPH_ACT_AS:
            asked["scope"] = ",".join(PROGRAM)
            hint = settings.GRAPH_ACT_AS
        asked["auth_params"] = urlencode({"login_hint": hint}) if hint else ""
        request.GET = asked  # type: ignore[assignment]  # allauth reads it there
        return view(request, *args, **kwargs)

    return shown


login = _microsoft_only(_not_too_often(_asking_for_ours(OAuth2LoginView.adapter_view(TenantAdapter))))
callback = _microsoft_only(OAuth2CallbackView.adapter_view(TenantAdapter))
