/**
 * A workspace of the sandbox for each test: `import { test } from './sandbox'`, then `test('…', async ({ pkb }) => …)`.
 *
 * PKB_SANDBOX_URL is the address of a running sandbox (http://127.0.0.1:8080), PKB_SANDBOX_ADMIN_TOKEN its admin
 * token, if it has one. When a test fails, the report says what the sandbox refused, by which rule, and on which page
 * of PKB.
 */
import { randomUUID } from 'node:crypto';
import { test as base } from 'vitest';

const URL_OF_SANDBOX = (process.env.PKB_SANDBOX_URL ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
const ADMIN_TOKEN = process.env.PKB_SANDBOX_ADMIN_TOKEN;

export interface Credential {
  kind: string;
  username?: string;
  password?: string;
  client_id?: string;
  client_secret?: string;
  redirect_uris?: string[];
  users?: { id: string; email: string }[];
  on_behalf_of?: { alias: string; organisation: { id: string; name: string } }[];
}

interface Exchange {
  id: string;
  api: string;
  operation: string;
  outcome: string;
  fault: string | null;
  explain: string | null;
}

interface Explanation {
  rule: string;
  cell: string;
  expected: string;
  instead: string;
  standing: string;
  source: string;
}

export class Workspace {
  readonly url = URL_OF_SANDBOX;

  private constructor(
    readonly name: string,
    readonly credentials: Credential[],
  ) {}

  /** Creates an isolated copy of the seeded world. `idle_seconds` removes it if the test run is killed. */
  static async create(): Promise<Workspace> {
    const name = `vitest-${randomUUID()}`;
    const body = await control('POST', '/_sandbox/workspaces', { name, idle_seconds: 900 });
    return new Workspace(name, (body as { credentials: Credential[] }).credentials);
  }

  async delete(): Promise<void> {
    await control('DELETE', `/_sandbox/workspaces/${this.name}`);
  }

  /** The first credential of a kind, as `GET /_sandbox/credentials` lists them. */
  credential(kind: string): Required<Credential> {
    const credential = this.credentials.find((candidate) => candidate.kind === kind);
    if (!credential) throw new Error(`the workspace has no credential of kind ${kind}`);
    return credential as Required<Credential>;
  }

  /** Approves an app on the authorize page, as the user would in a browser. Returns the redirect. */
  async approve(user: string, authorizeUrl: string): Promise<string> {
    const query = new URL(authorizeUrl).searchParams;
    const names = ['client_id', 'redirect_uri', 'state'];
    const body = Object.fromEntries(names.map((name) => [name, query.get(name)]));
    return ((await this.ask('POST', `/users/${user}/approve`, body)) as { redirect: string }).redirect;
  }

  async freezeClock(at: string): Promise<void> {
    await this.ask('PUT', '/clock', { mode: 'frozen', at });
  }

  async advanceClock(duration: string): Promise<void> {
    await this.ask('PUT', '/clock', { advance: duration });
  }

  /** Replaces the fault rules: requests and messages that meet the conditions of a rule fail as it says. */
  async setFaults(...rules: object[]): Promise<void> {
    await this.ask('PUT', '/faults', { rules });
  }

  /** Compares the journal of the workspace with expectations. Throws the sandbox's sentences where they differ. */
  async verify(...expect: object[]): Promise<void> {
    const result = (await this.ask('POST', '/verify', { expect })) as { ok: boolean; failures: { text: string }[] };
    if (!result.ok) throw new Error(result.failures.map((failure) => failure.text).join('\n'));
  }

  /** What the sandbox refused, ignored or let fail: rule, matrix cell and source of each, from the explanations. */
  async explain(): Promise<string> {
    const { exchanges } = (await this.ask('GET', '/exchanges')) as { exchanges: Exchange[] };
    const { rules } = (await this.ask('GET', '/faults')) as { rules: { id: string }[] };
    const texts = exchanges
      .filter((exchange) => exchange.explain)
      .map(async (exchange) => {
        const why = (await control('GET', exchange.explain!)) as Explanation;
        const fault = rules.find((rule) => rule.id === exchange.fault);
        const lines = [
          `${exchange.api} ${exchange.operation}: ${exchange.outcome}`,
          `  ${why.expected}`,
          `  rule:    ${why.rule}`,
          `  instead: ${why.instead || '-'}`,
          `  cell:    ${why.cell || '-'}`,
          `  source:  ${why.source} (${why.standing})`,
        ];
        return [...lines, ...(fault ? [`  fault:   ${JSON.stringify(fault)}`] : [])].join('\n');
      });
    return (await Promise.all(texts)).join('\n') || 'nothing';
  }

  private ask(method: string, path: string, body?: object): Promise<unknown> {
    return control(method, `/_sandbox${path}?workspace=${this.name}`, body);
  }
}

async function control(method: string, path: string, body?: object): Promise<unknown> {
  const headers: Record<string, string> = ADMIN_TOKEN ? { Authorization: `Bearer ${ADMIN_TOKEN}` } : {};
  const request = fetch(URL_OF_SANDBOX + path, { method, headers, body: body && JSON.stringify(body) });
  const response = await request.catch((cause) => {
    throw new Error(`No sandbox answers at ${URL_OF_SANDBOX}. Start one, or set PKB_SANDBOX_URL.`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

export const test = base.extend<{ pkb: Workspace }>({
  pkb: async ({ task }, use) => {
    const pkb = await Workspace.create();
    await use(pkb);
    if (task.result?.state === 'fail') console.error(`What the sandbox refused or changed:\n${await pkb.explain()}`);
    await pkb.delete();
  },
});
