/** HL7 v2 over SOAP: builds messages, sends them, and sends them again when no acknowledgement comes. */
import { randomUUID } from 'node:crypto';

export interface Engine {
  url: string;
  username: string;
  password: string;
  /** MSH-4: the alias of the organisation on whose behalf the partner sends. */
  alias: string;
}

export interface Person {
  nhsNumber: string;
  family: string;
  given: string;
  /** ISO 8601, as in 1991-06-23. */
  birthDate: string;
  gender: 'F' | 'M' | 'U';
}

export interface Booking {
  id: string;
  title: string;
  place: string;
  start: Date;
  end: Date;
}

const ATTEMPTS = 3;

/** The receiver rejected a message (AR), or could not process it (AE). */
export class NotAcknowledged extends Error {}

export function register(engine: Engine, person: Person): Promise<void> {
  return send(engine, 'ADT^A28', [pid(person)]);
}

export function book(engine: Engine, person: Person, booking: Booking): Promise<void> {
  const times = `^^^${timestamp(booking.start)}^${timestamp(booking.end)}`;
  return send(engine, 'SIU^S12', [
    pid(person),
    `SCH|${escape(booking.id)}||||||^${escape(booking.title)}||||${times}`,
    `PV1|||^^^^^^^^${escape(booking.place)}`,
  ]);
}

function pid(person: Person): string {
  const name = `${escape(person.family)}^${escape(person.given)}`;
  const birthDate = person.birthDate.replaceAll('-', '');
  return `PID|||${person.nhsNumber}^^^NHS^NH||${name}||${birthDate}|${person.gender}`;
}

async function send(engine: Engine, type: string, segments: string[]): Promise<void> {
  const msh = `MSH|^~\\&|BOOKINGS|${engine.alias}|HL7API|PKB|${timestamp(new Date())}||${type}|${randomUUID()}|P|2.4`;
  const message = [msh, ...segments].join('\r');
  for (let attempt = 1; ; attempt++) {
    try {
      return acknowledged(await post(engine, message));
    } catch (error) {
      // fetch throws a TypeError when the connection ends without a response: the message may have arrived, or not.
      // The control id is the same in each attempt, so the receiver can recognise a repetition.
      if (!(error instanceof TypeError) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function post(engine: Engine, message: string): Promise<string> {
  const response = await fetch(`${engine.url}/services/hl7`, {
    method: 'POST',
    headers: {
      'Content-Type': 'text/xml;charset=utf-8',
      Authorization: `Basic ${Buffer.from(`${engine.username}:${engine.password}`).toString('base64')}`,
    },
    body:
      '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
      ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>' +
      `<wss:acceptMessage><arg0>${toXml(message)}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>`,
  });
  const text = await response.text();
  if (!response.ok) throw new NotAcknowledged(`HTTP ${response.status}: ${text}`);
  return text;
}

function acknowledged(envelope: string): void {
  const [, code, , text] = /MSA\|([^|&<]*)\|?([^|&<]*)\|?([^&<]*)/.exec(envelope) ?? [];
  if (code !== 'AA') throw new NotAcknowledged(`${code ?? 'no acknowledgement'}: ${text ?? envelope}`);
}

/** An instant in UTC with its offset, which means the same wherever it is read. */
function timestamp(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-T:]/g, '')}+0000`;
}

function escape(text: string): string {
  const codes: Record<string, string> = { '\\': 'E', '|': 'F', '^': 'S', '&': 'T', '~': 'R' };
  return text.replace(/[\\|^&~]/g, (character) => `\\${codes[character]}\\`);
}

function toXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\r', '&#xD;');
}
