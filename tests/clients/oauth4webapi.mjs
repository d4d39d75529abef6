// An application without a secret, by oauth4webapi; its access tokens are checked by jose.
import './page.mjs';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { ask, end, tell } from './talk.mjs';

const { BASE, CLIENT_ID, REDIRECT_URI } = process.env;
const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(BASE);
const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
const server = await oauth.processDiscoveryResponse(issuer, discovered);
const client = { client_id: CLIENT_ID };
const authentication = oauth.None();

async function authorize(decision) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'read_profile manage_conversations read_progress',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const { callback } = await ask({ authorize: url.href, decision });
  return { verifier, parameters: oauth.validateAuthResponse(server, client, new URL(callback), state) };
}

async function refresh(token) {
  const response = await oauth.refreshTokenGrantRequest(server, client, authentication, token, insecure);
  return oauth.processRefreshTokenResponse(server, client, response);
}

async function converse(token) {
  const headers = new Headers({ 'Content-Type': 'application/json' });
  const body = JSON.stringify({ topic: 'restaurant', language: 'french' });
  const url = new URL('/v1/conversations', BASE);
  try {
    const response = await oauth.protectedResourceRequest(token, 'POST', url, headers, body, insecure);
    return response.status;
  } catch (error) {
    return error.status ?? String(error);
  }
}

const refused = (promise) => promise.then(() => 'allowed', (error) => error.error ?? String(error));

tell({ denied: await refused(authorize('deny')) });

const { verifier, parameters } = await authorize('allow');
const exchange = (codeVerifier) =>
  oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, REDIRECT_URI, codeVerifier, insecure);
const wrong = oauth.generateRandomCodeVerifier();
const another = async () => oauth.processAuthorizationCodeResponse(server, client, await exchange(wrong));
tell({ another_verifier: await refused(another()) });
const first = await oauth.processAuthorizationCodeResponse(server, client, await exchange(verifier));
const keys = createRemoteJWKSet(new URL(server.jwks_uri));
const { payload, protectedHeader } = await jwtVerify(first.access_token, keys, {
  issuer: server.issuer,
  algorithms: ['RS256'],
});
tell({
  token_type: first.token_type,
  expires_in: first.expires_in,
  scope: first.scope,
  typ: protectedHeader.typ,
  client_id: payload.client_id,
  subject: payload.sub,
  converse: await converse(first.access_token),
});

const second = await refresh(first.refresh_token);
tell({ refreshed: await converse(second.access_token), rotated: second.refresh_token !== first.refresh_token });

const revocation = await oauth.revocationRequest(server, client, authentication, second.refresh_token, insecure);
await oauth.processRevocationResponse(revocation);
tell({
  after_revocation: await converse(second.access_token),
  refresh_after_revocation: await refused(refresh(second.refresh_token)),
});
end();
