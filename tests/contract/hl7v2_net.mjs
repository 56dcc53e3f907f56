// Fifty connections of hl7v2-net, the MLLP client of the JavaScript world, each with some messages.
// Arguments: port, and the message. Prints how many acknowledgements of each code came back, as JSON.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const modules = createRequire(`${process.env.PKB_SANDBOX_TEST_NODE}/`);
const load = (name) => import(pathToFileURL(modules.resolve(name)).href);
const { Hl7Client } = await load("hl7v2-net");
const { HL7Message } = await load("hl7v2");

const [port, text] = process.argv.slice(2);
const codes = {};

async function talk() {
  const client = Hl7Client.createClient({ host: "127.0.0.1", port: Number(port) });
  await client.connect();
  for (let turn = 0; turn < 4; turn += 1) {
    const answer = await client.sendMessageWaitAck(HL7Message.parse(text));
    const code = answer.getSegment("MSA").field(1).getValue();
    codes[code] = (codes[code] ?? 0) + 1;
  }
  await client.close();
}

await Promise.all(Array.from({ length: 50 }, talk));
console.log(JSON.stringify(codes));
process.exit(0);
