// fhir-kit-client at one Customer endpoint. Arguments: base URL, access token. Prints what it saw as JSON.
import { pathToFileURL } from "node:url";

const [baseUrl, token] = process.argv.slice(2);
const installed = `${process.env.PKB_SANDBOX_TEST_NODE}/node_modules/fhir-kit-client/dist/client.js`;
const { Client } = await import(pathToFileURL(installed));
const client = new Client({ baseUrl, bearerToken: token });
const seen = {};
const failure = (work) => work.then(() => "nothing", (error) => error.response?.status ?? String(error));

const statement = await client.capabilityStatement();
seen.statement = statement.fhirVersion;
const patient = await client.create({ resourceType: "Patient", body: { resourceType: "Patient", name: [{ family: "Okafor" }] } });
seen.create = patient.name[0].family;
const read = await client.read({ resourceType: "Patient", id: patient.id });
seen.read = JSON.stringify(read) === JSON.stringify(patient);
const updated = await client.update({ resourceType: "Patient", id: patient.id, body: { ...read, gender: "female" } });
seen.update = updated.gender;
const vread = await client.vread({ resourceType: "Patient", id: patient.id, version: patient.meta.versionId });
seen.vread = vread.gender ?? "none";
const patched = await client.patch({ resourceType: "Patient", id: patient.id, jsonPatch: [{ op: "add", path: "/active", value: true }] });
seen.patch = patched.active;
const history = await client.resourceHistory({ resourceType: "Patient", id: patient.id });
seen.history = history.entry.map((entry) => entry.request.method);
const ofType = await client.typeHistory({ resourceType: "Patient" });
seen.typeHistory = ofType.total;
const entry = [0, 1, 2, 3, 4].map((number) => ({
  request: { method: "PUT", url: `Patient/many${number}` },
  resource: { resourceType: "Patient", id: `many${number}`, name: [{ family: "Many" }] },
}));
const done = await client.transaction({ body: { resourceType: "Bundle", type: "transaction", entry } });
seen.transaction = done.entry.map((one) => one.response.status);
const batch = await client.batch({ body: { resourceType: "Bundle", type: "batch", entry } });
seen.batch = batch.entry.map((one) => one.response.status);
let page = await client.resourceSearch({ resourceType: "Patient", searchParams: { family: "many", _count: 2 } });
seen.pages = [];
while (page) {
  seen.pages.push(page.entry.length);
  // Links of PKB's endpoints are relative to the server.
  for (const link of page.link) link.url = new URL(link.url, baseUrl).href;
  page = await client.nextPage({ bundle: page });
}
seen.invalid = await failure(client.create({ resourceType: "Patient", body: { resourceType: "Patient", shoeSize: 9 } }));
await client.delete({ resourceType: "Patient", id: patient.id });
seen.deleted = await failure(client.read({ resourceType: "Patient", id: patient.id }));
seen.unknown = await failure(client.read({ resourceType: "Patient", id: "nobody" }));
console.log(JSON.stringify(seen));
