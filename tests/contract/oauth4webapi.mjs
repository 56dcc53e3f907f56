// Every grant with oauth4webapi, the strict client of the JavaScript world. Prints what it was told, as one JSON object.
// Arguments: base URL, and a JSON object with `clients` ([token endpoint, id, secret] each), `app`, and `user`.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const modules = createRequire(`${process.env.PKB_SANDBOX_TEST_NODE}/`);
const oauth = await import(pathToFileURL(modules.resolve("oauth4webapi")).href);

const [base, given] = process.argv.slice(2);
const { clients, app, user, organisation } = JSON.parse(given);
const insecure = { [oauth.allowInsecureRequests]: true };
const realm = new URL(`${base}/auth/realms/pkb`);
const patient = new URL(`${base}/fhir/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9991001379`);
const results = {};

/** What a refusal is to the client: the class of its error, and what the server said in it. */
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    const told = { class: error.constructor.name, status: error.status };
    if (error instanceof oauth.ResponseBodyError) return { ...told, error: error.error, about: error.error_description };
    if (error instanceof oauth.AuthorizationResponseError) return { class: told.class, error: error.error };
    if (error instanceof oauth.WWWAuthenticateChallengeError) return { ...told, challenges: error.cause };
    throw error;
  }
  return { class: "none" };
}

async function discovery() {
  const response = await oauth.discoveryRequest(realm, insecure);
  return oauth.processDiscoveryResponse(realm, response);
}

async function clientCredentials(as, id, auth) {
  const client = { client_id: id };
  const response = await oauth.clientCredentialsGrantRequest(as, client, auth, {}, insecure);
  return oauth.processClientCredentialsResponse(as, client, response);
}

const sessions = {
  issuer: base,
  authorization_endpoint: `${base}/apiAuthorize.action`,
  token_endpoint: `${base}/apiToken.action`,
};
const client = { client_id: app.id };

/** The redirect that the browser follows back to the app, once the user has decided. */
async function redirect(state, decision = "approve") {
  const response = await fetch(`${base}/_sandbox/users/${user}/approve`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_id: app.id, redirect_uri: app.redirect, scope: "PATIENT", state, decision }),
  });
  return new URL((await response.json()).redirect);
}

async function exchange(parameters) {
  const response = await oauth.authorizationCodeGrantRequest(
    sessions, client, oauth.None(), parameters, app.redirect, oauth.nopkce, insecure,
  );
  return oauth.processAuthorizationCodeResponse(sessions, client, response);
}

async function refresh(token) {
  const response = await oauth.refreshTokenGrantRequest(sessions, client, oauth.None(), token, insecure);
  return oauth.processRefreshTokenResponse(sessions, client, response);
}

async function read(token, headers = {}) {
  const response = await oauth.protectedResourceRequest(token, "GET", patient, new Headers(headers), null, insecure);
  return { status: response.status, total: (await response.json()).total };
}

async function signedIn() {
  const state = oauth.generateRandomState();
  const parameters = oauth.validateAuthResponse(sessions, client, await redirect(state), state);
  return { parameters, tokens: await exchange(parameters) };
}

const shown = ({ access_token, refresh_token, ...rest }) => ({ ...rest, refreshes: refresh_token !== undefined });

results.discovery = await discovery();

results.client_credentials = {};
for (const [endpoint, id, secret] of clients) {
  const as = endpoint === "realm" ? results.discovery : { issuer: base, token_endpoint: `${base}${endpoint}` };
  const basic = await clientCredentials(as, id, oauth.ClientSecretBasic(secret));
  const post = await clientCredentials(as, id, oauth.ClientSecretPost(secret));
  results.client_credentials[id] = {
    basic: shown(basic),
    post: shown(post),
    different: basic.access_token !== post.access_token,
    wrong_basic: await refusal(clientCredentials(as, id, oauth.ClientSecretBasic("wrong"))),
    wrong_post: await refusal(clientCredentials(as, id, oauth.ClientSecretPost("wrong"))),
    other_grant: await refusal(
      oauth
        .genericTokenEndpointRequest(as, { client_id: id }, oauth.ClientSecretPost(secret), "password", {}, insecure)
        .then((response) => oauth.processGenericTokenEndpointResponse(as, { client_id: id }, response)),
    ),
  };
  if (endpoint !== "realm") results.facade = await read(basic.access_token, { "X-Org-Public-Id": organisation });
}

{
  const { parameters, tokens } = await signedIn();
  const first = await read(tokens.access_token);
  const newer = await refresh(tokens.refresh_token);
  results.code = {
    tokens: shown(tokens),
    read: first,
    refreshed: shown(newer),
    read_again: await read(newer.access_token),
    old_works_on: await read(tokens.access_token),
    rotated: newer.refresh_token !== tokens.refresh_token,
    code_again: await refusal(exchange(parameters)),
    refused: await refusal(read(newer.access_token)),
  };
}

{
  const { tokens } = await signedIn();
  const newer = await refresh(tokens.refresh_token);
  results.rotation = {
    again: await refusal(refresh(tokens.refresh_token)),
    newest: await refusal(refresh(newer.refresh_token)),
    refused: await refusal(read(newer.access_token)),
  };
}

const denied = await redirect("s", "deny");
results.denied = await refusal((async () => oauth.validateAuthResponse(sessions, client, denied, "s"))());
results.unknown_token = await refusal(read("x".repeat(32)));
results.unknown_client = await refusal(
  oauth
    .refreshTokenGrantRequest(sessions, { client_id: "nobody" }, oauth.None(), "x", insecure)
    .then((response) => oauth.processRefreshTokenResponse(sessions, { client_id: "nobody" }, response)),
);
results.unknown_client_by_basic = await refusal(
  oauth
    .refreshTokenGrantRequest(sessions, { client_id: "nobody" }, oauth.ClientSecretBasic("x"), "x", insecure)
    .then((response) => oauth.processRefreshTokenResponse(sessions, { client_id: "nobody" }, response)),
);

console.log(JSON.stringify(results));
