"""A certificate's word for the app: a short-lived JWT, signed with the key of a certificate that is registered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sync.emulator.login.errors import LoginRefused

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def check(assertion: str, *, certificate: str, client_id: str, audiences: Collection[str]) -> None:
    """LoginRefused unless it is signed by the certificate (PEM), by this app, for this endpoint, and in time."""
    import jwt
    from cryptography import x509

    if not certificate:
        raise _refused(700027, "The certificate used to sign the client assertion is not registered.")
    key: Any = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    try:
        told = jwt.decode(
            assertion,
            key,
            algorithms=["RS256", "PS256"],
            audience=list(audiences),
            issuer=client_id,
            options={"require": ["exp", "iss", "sub", "aud", "jti"]},
        )
    except jwt.InvalidTokenError as error:
        raise _refused(
            700027, f"Client assertion failed signature validation: {type(error).__name__}."
        ) from error
    if told["sub"] != client_id:
        raise _refused(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")


def _refused(number: int, text: str) -> LoginRefused:
    return LoginRefused("invalid_client", number, text, status=401)
