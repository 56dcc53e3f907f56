/** The Facade as a System Client: token, organisation header, and another try when the server asks to wait. */

export interface Connection {
  url: string;
  clientId: string;
  clientSecret: string;
  /** Public id of the organisation on whose behalf the partner reads. */
  organisation: string;
  /** Waits for so many seconds; a test puts its own in place. */
  pause?: (seconds: number) => Promise<void>;
}

export interface Resource {
  resourceType: string;
  id: string;
  // A FHIR library would give the elements types.
  [element: string]: any;
}

const ATTEMPTS = 3;
const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

export class Facade {
  private token = '';

  constructor(private readonly connection: Connection) {}

  /** The patient with an NHS number, or undefined if the organisation has none. */
  async patient(nhsNumber: string): Promise<Resource | undefined> {
    const [patient] = await this.search('Patient', { identifier: `https://fhir.nhs.uk/Id/nhs-number|${nhsNumber}` });
    return patient;
  }

  appointments(patientId: string): Promise<Resource[]> {
    return this.search('Appointment', { patient: patientId });
  }

  private async search(type: string, parameters: Record<string, string>): Promise<Resource[]> {
    const response = await this.get(`/fhir/${type}?${new URLSearchParams(parameters)}`);
    const body = (await response.json()) as { entry?: { resource: Resource }[] };
    if (!response.ok) throw new Error(`${type}: HTTP ${response.status} ${JSON.stringify(body)}`);
    return (body.entry ?? []).map((entry) => entry.resource);
  }

  private async get(path: string): Promise<Response> {
    this.token ||= await this.newToken();
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(this.connection.url + path, {
        headers: {
          Authorization: `Bearer ${this.token}`,
          'X-Org-Public-Id': this.connection.organisation,
        },
      });
      if (response.status !== 503 || attempt === ATTEMPTS) return response;
      await (this.connection.pause ?? sleep)(Number(response.headers.get('Retry-After') ?? 1));
    }
  }

  private async newToken(): Promise<string> {
    const { url, clientId, clientSecret } = this.connection;
    const response = await fetch(`${url}/api/oauth/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    if (!response.ok) throw new Error(`no token: HTTP ${response.status} ${await response.text()}`);
    return ((await response.json()) as { access_token: string }).access_token;
  }
}
