// An application with a secret, by openid-client.
import './page.mjs';
import * as client from 'openid-client';
import { ask, end, tell } from './talk.mjs';

const { BASE, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;
const authentication = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
}[process.env.AUTHENTICATION];
const config = await client.discovery(new URL(BASE), CLIENT_ID, undefined, authentication(CLIENT_SECRET), {
  algorithm: 'oauth2',
  execute: [client.allowInsecureRequests],
});

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT_URI,
  scope: 'read_profile manage_conversations',
  state: expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
});
const { callback } = await ask({ authorize: url.href, decision: 'allow' });
const first = await client.authorizationCodeGrant(config, new URL(callback), { pkceCodeVerifier, expectedState });

async function converse(token) {
  const headers = new Headers({ 'Content-Type': 'application/json' });
  const body = JSON.stringify({ topic: 'restaurant', language: 'french' });
  const path = new URL('/v1/conversations', BASE);
  try {
    return (await client.fetchProtectedResource(config, token, path, 'POST', body, headers)).status;
  } catch (error) {
    return error.status ?? String(error);
  }
}

const introspect = async (token) => {
  const { active, scope, client_id } = await client.tokenIntrospection(config, token);
  return { active, scope, client_id };
};

tell({ converse: await converse(first.access_token), introspected: await introspect(first.access_token) });
const second = await client.refreshTokenGrant(config, first.refresh_token, { scope: 'manage_conversations' });
tell({
  scope: second.scope,
  introspected: await introspect(second.access_token),
  refresh_token: await introspect(second.refresh_token),
});
await client.tokenRevocation(config, second.access_token);
tell({
  after_revocation: await converse(second.access_token),
  introspected: await introspect(second.access_token),
  refresh_token: await introspect(second.refresh_token),
});
end();
