"""How the program itself signs in to Microsoft: by a client secret, a certificate, or a managed identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sync.graph.client import is_loopback

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SECRET, CERTIFICATE, MANAGED_IDENTITY = "SECRET", "CERTIFICATE", "MANAGED_IDENTITY"
PUBLIC: Final = "https://login.microsoftonline.com"
# What each kind needs, by the names of the settings. A managed identity's client id only tells it from others.
NEEDS: Final = {
    SECRET: ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    CERTIFICATE: ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_CERTIFICATE"),
    MANAGED_IDENTITY: (),
}


@dataclass(frozen=True)
class AppRegistration:
    """`certificate` is PEM, with its private key. `login_url` is Microsoft's, or another cloud's."""

    kind: str
    tenant_id: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    certificate_password: str = field(default="", repr=False)
    login_url: str = PUBLIC

    def missing(self) -> list[str]:
        """The settings that are needed and not there."""
        values = {
            "AZURE_TENANT_ID": self.tenant_id,
            "AZURE_CLIENT_ID": self.client_id,
            "AZURE_CLIENT_SECRET": self.client_secret,
            "AZURE_CLIENT_CERTIFICATE": self.certificate,
        }
        return [name for name in NEEDS[self.kind] if not values[name]]

    def credential(self) -> TokenCredential:
        """A fresh credential of azure-identity. ValueError when something given can't be right."""
        from azure.identity import CertificateCredential, ClientSecretCredential, ManagedIdentityCredential

        patience: dict[str, Any] = {"connection_timeout": 15, "read_timeout": 30, "retry_total": 2}
        if self.kind == MANAGED_IDENTITY:
            return ManagedIdentityCredential(client_id=self.client_id or None, **patience)
        of_tenant = {**patience, **self._authority()}
        if self.kind == CERTIFICATE:
            return CertificateCredential(
                self.tenant_id,
                self.client_id,
                certificate_data=self.certificate.encode(),
                password=self.certificate_password or None,
                **of_tenant,
            )
        return ClientSecretCredential(self.tenant_id, self.client_id, self.client_secret, **of_tenant)

    def _authority(self) -> dict[str, Any]:
        """Microsoft itself vouches for its own addresses; a stand-in on this machine it has never heard of."""
        stand_in = is_loopback(urlsplit(self.login_url))
        return {"authority": self.login_url, **({"disable_instance_discovery": True} if stand_in else {})}
