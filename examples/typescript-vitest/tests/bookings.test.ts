import { expect } from 'vitest';
import { Facade } from '../src/facade';
import { book, register, type Booking, type Engine, type Person } from '../src/hl7';
import { test, type Workspace } from './sandbox';

const RINA: Person = { nhsNumber: '9998120012', family: 'Khatun', given: 'Rina', birthDate: '1991-06-23', gender: 'F' };
const REVIEW: Booking = {
  id: 'APT-1',
  title: 'Knee clinic review',
  place: 'Outpatients 3, North Wing',
  start: new Date('2030-04-02T09:30:00+01:00'),
  end: new Date('2030-04-02T09:50:00+01:00'),
};

/** The partner's settings: its HL7 user and its System Client, for the first organisation that granted it access. */
function engine(pkb: Workspace): Engine {
  const { username, password, on_behalf_of } = pkb.credential('hl7-partner');
  return { url: pkb.url, username, password, alias: on_behalf_of[0].alias };
}

function facade(pkb: Workspace, pause?: (seconds: number) => Promise<void>): Facade {
  const { client_id, client_secret, on_behalf_of } = pkb.credential('system-client');
  const organisation = on_behalf_of[0].organisation.id;
  return new Facade({ url: pkb.url, clientId: client_id, clientSecret: client_secret, organisation, pause });
}

test('a registered person is a Patient of the Facade', async ({ pkb }) => {
  await register(engine(pkb), RINA);
  const patient = await facade(pkb).patient(RINA.nhsNumber);
  expect(patient?.name[0].family).toBe('Khatun');
  expect(patient?.birthDate).toBe('1991-06-23');
});

test('a booking is an Appointment of the Facade, at the same instant', async ({ pkb }) => {
  await register(engine(pkb), RINA);
  await book(engine(pkb), RINA, REVIEW);
  const patient = await facade(pkb).patient(RINA.nhsNumber);
  const [appointment] = await facade(pkb).appointments(patient!.id);
  expect(appointment.status).toBe('booked');
  expect(new Date(appointment.start)).toEqual(REVIEW.start);
  await pkb.verify(
    { api: 'hl7', operation: 'SIU^S12', outcome: 'accepted', count: 1, body: [{ hl7: 'SCH-1.1', equals: 'APT-1' }] },
    { outcome: 'refused', count: 0 },
  );
});

test('a message is sent again when its acknowledgement is lost, and there is one appointment', async ({ pkb }) => {
  await register(engine(pkb), RINA);
  await pkb.setFaults({ api: 'hl7', operation: 'SIU^S12', drop: 'after-commit', first: 1 });
  await book(engine(pkb), RINA, REVIEW);
  await pkb.verify({ api: 'hl7', operation: 'SIU^S12', count: 2 });
  const patient = await facade(pkb).patient(RINA.nhsNumber);
  expect(await facade(pkb).appointments(patient!.id)).toHaveLength(1);
});

test('a Facade that is unavailable is asked again after the time that it names', async ({ pkb }) => {
  await register(engine(pkb), RINA);
  await pkb.setFaults({ api: 'facade', status: 503, retry_after: 7, first: 1 });
  const pauses: number[] = [];
  const patient = await facade(pkb, async (seconds) => void pauses.push(seconds)).patient(RINA.nhsNumber);
  expect(patient?.name[0].family).toBe('Khatun');
  expect(pauses).toEqual([7]);
});
