"""An application by Authlib, with a secret or without; its access tokens are checked by joserfc."""

import json
import os
import sys

from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import KeySet

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
base = os.environ["BASE"]
secret = os.environ.get("CLIENT_SECRET")


def tell(value):
    print(json.dumps(value), flush=True)


session = OAuth2Session(
    os.environ["CLIENT_ID"],
    secret,
    scope="read_profile manage_conversations read_progress",
    redirect_uri=os.environ["REDIRECT_URI"],
    code_challenge_method="S256",
    token_endpoint_auth_method="client_secret_basic" if secret else "none",
)
metadata = session.get(f"{base}/.well-known/oauth-authorization-server", withhold_token=True).json()
AuthorizationServerMetadata(metadata).validate()


def converse():
    body = {"topic": "restaurant", "language": "french"}
    return session.post(f"{base}/v1/conversations", json=body).status_code


verifier = generate_token(48)
url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
tell({"authorize": url, "decision": "allow"})
callback = json.loads(sys.stdin.readline())["callback"]
token = session.fetch_token(
    metadata["token_endpoint"], authorization_response=callback, code_verifier=verifier, state=state
)
keys = KeySet.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())
claims = jwt.decode(token["access_token"], keys, algorithms=["RS256"]).claims
jwt.JWTClaimsRegistry(iss={"essential": True, "value": metadata["issuer"]}).validate(claims)
tell({"token_type": token["token_type"], "scope": token["scope"], "subject": claims["sub"], "converse": converse()})

refreshed = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
tell({"rotated": refreshed["refresh_token"] != token["refresh_token"], "converse": converse()})

if secret:
    introspected = session.introspect_token(metadata["introspection_endpoint"], token=refreshed["access_token"])
    tell({"introspected": introspected.json()})

revoked = session.revoke_token(
    metadata["revocation_endpoint"], token=refreshed["refresh_token"], token_type_hint="refresh_token"
)
after = converse()
try:
    session.refresh_token(metadata["token_endpoint"], refresh_token=refreshed["refresh_token"])
    again = "allowed"
except OAuthError as error:
    again = error.error
tell({"revoked": revoked.status_code, "after_revocation": after, "refresh_after_revocation": again})
