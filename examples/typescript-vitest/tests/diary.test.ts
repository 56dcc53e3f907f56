import { expect } from 'vitest';
import { Diary, type BloodPressure } from '../src/diary';
import { test, type Workspace } from './sandbox';

const MORNING: BloodPressure = { systolic: 124, diastolic: 81, takenAt: new Date('2030-01-01T07:30:00Z') };
const EVENING: BloodPressure = { systolic: 131, diastolic: 84, takenAt: new Date('2030-01-01T19:30:00Z') };

/** The app, signed in as the first patient who may use it. */
async function signedIn(pkb: Workspace): Promise<Diary> {
  const { client_id, redirect_uris, users } = pkb.credential('user-client');
  const diary = new Diary({ url: pkb.url, clientId: client_id, redirectUri: redirect_uris[0] });
  await diary.signIn(await pkb.approve(users[0].id, diary.authorizeUrl()));
  return diary;
}

test('a reading that a patient adds is in the record', async ({ pkb }) => {
  const diary = await signedIn(pkb);
  const before = await diary.readings();
  await diary.add(MORNING);
  expect(await diary.readings()).toHaveLength(before.length + 1);
  expect(await diary.readings()).toContainEqual(MORNING);
});

test('a session goes on for hours, with a new refresh token each time', async ({ pkb }) => {
  await pkb.freezeClock('2030-01-01T20:00:00Z');
  const diary = await signedIn(pkb);
  for (const reading of [MORNING, EVENING]) {
    await pkb.advanceClock('PT31M'); // an access token lives for half an hour
    await diary.add(reading);
  }
  await pkb.verify(
    { api: 'oauth', operation: 'token refresh_token', outcome: 'accepted', count: 2 },
    { api: 'rest', operation: 'POST /v1/measurements', outcome: 'accepted', count: 2 },
  );
});

test('a redirect that belongs to another request is not trusted', async ({ pkb }) => {
  const { client_id, redirect_uris } = pkb.credential('user-client');
  const diary = new Diary({ url: pkb.url, clientId: client_id, redirectUri: redirect_uris[0] });
  await expect(diary.signIn(`${redirect_uris[0]}?code=stolen&state=other`)).rejects.toThrow('another request');
  await pkb.verify({ api: 'oauth', count: 0 });
});
