import { expect, test, vi } from 'vitest';
import { connectNats, NatsAccessError } from '../../../platform/nats/connect.ts';
import { useNats } from '../../support/servers.ts';
import { afterThisTest, connected, log } from './support.ts';

const nats = useNats();

test('a wrong password ends the start with the variables to look at', async () => {
  const { url, user } = nats;
  const failed = connectNats({ url, user, pass: 'wrong', name: 'test', log });
  await expect(failed).rejects.toThrow(NatsAccessError);
  await expect(failed).rejects.toThrow('check NATS_USER and NATS_PASSWORD');
});

test('waits for a server that comes later, and stops waiting when aborted', async () => {
  await nats.kill();
  const { url, user, pass } = nats;
  const giveUp = new AbortController();
  const given = { url, user, pass, name: 'test', log };
  const waiting = connectNats(given);
  const aborted = connectNats({ ...given, signal: giveUp.signal });
  giveUp.abort(new Error('stopping'));
  await expect(aborted).rejects.toThrow();

  await nats.restart();
  const link = await waiting;
  afterThisTest(() => link.close());
  expect(link.connected).toBe(true);
  await link.nc.flush();
});

test('knows when the server is gone, and comes back to it', async () => {
  const link = await connected(nats);
  await nats.kill();
  await vi.waitFor(() => expect(link.connected).toBe(false), 5000);
  await nats.restart();
  await vi.waitFor(() => expect(link.connected).toBe(true), 10_000);
  expect((await link.jsm.getAccountInfo()).streams).toBe(0);
});
