/** A patient's app: OAuth authorization code, Custom REST API, refresh tokens that work once. */
import { randomUUID } from 'node:crypto';

export interface App {
  url: string;
  clientId: string;
  redirectUri: string;
}

interface Tokens {
  access_token: string;
  refresh_token: string;
}

export interface BloodPressure {
  systolic: number;
  diastolic: number;
  takenAt: Date;
}

export class Diary {
  private readonly state = randomUUID();
  private accessToken = '';
  private refreshToken = '';

  constructor(private readonly app: App) {}

  /** Where the app sends the patient's browser. */
  authorizeUrl(): string {
    const query = { response_type: 'code', client_id: this.app.clientId, redirect_uri: this.app.redirectUri };
    return `${this.app.url}/apiAuthorize.action?${new URLSearchParams({ ...query, state: this.state })}`;
  }

  /** Signs in with the address to which the authorize page sent the browser back. */
  async signIn(redirect: string): Promise<void> {
    const { searchParams } = new URL(redirect);
    if (searchParams.get('state') !== this.state) throw new Error('the redirect belongs to another request');
    const code = searchParams.get('code') ?? '';
    await this.exchange({ grant_type: 'authorization_code', code, redirect_uri: this.app.redirectUri });
  }

  async add(reading: BloodPressure): Promise<void> {
    await this.call('POST', '/json/v1/measurements', {
      apiRef: 'bloodPressure',
      takenDate: reading.takenAt.toISOString(),
      value: String(reading.systolic),
      value2: String(reading.diastolic),
    });
  }

  async readings(): Promise<BloodPressure[]> {
    const rows = await this.call('GET', '/json/v2-beta/measurements?apiRefs=bloodPressure');
    return (rows as { value: string; value2: string; takenDate: string }[]).map((row) => ({
      systolic: Number(row.value),
      diastolic: Number(row.value2),
      takenAt: new Date(row.takenDate),
    }));
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    let response = await this.request(method, path, body);
    if (response.status === 401) {
      await this.exchange({ grant_type: 'refresh_token', refresh_token: this.refreshToken });
      response = await this.request(method, path, body);
    }
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`);
    return response.json();
  }

  private request(method: string, path: string, body?: object): Promise<Response> {
    return fetch(this.app.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.accessToken}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
  }

  private async exchange(grant: Record<string, string>): Promise<void> {
    const form = new URLSearchParams({ ...grant, client_id: this.app.clientId });
    const response = await fetch(`${this.app.url}/apiToken.action`, { method: 'POST', body: form });
    if (!response.ok) throw new Error(`no token: HTTP ${response.status} ${await response.text()}`);
    const tokens = (await response.json()) as Tokens;
    this.accessToken = tokens.access_token;
    // Each exchange returns a new refresh token; a second use of the old one ends the session.
    this.refreshToken = tokens.refresh_token;
  }
}
