/** The supervisor against programs made of promises: when it starts, waits, gives up and stops. */
import { describe, expect, it, vi } from 'vitest';
import { createLog } from '../../../platform/log.ts';
import { supervise, type Instance } from '../../../platform/launcher/supervise.ts';

const log = createLog({ name: 'test', level: 'silent', format: 'json' });
const backOff = { firstMs: 1, longestMs: 4, quietMs: 60_000 };

/** An instance that runs until it is ended. */
function instance(pid: number) {
  let end: (code: number | null) => void = () => undefined;
  const exited = new Promise<number | null>((resolve) => (end = resolve));
  const made = {
    pid,
    exited,
    die: (code: number | null) => end(code),
    stop: vi.fn(async () => end(0)),
  };
  return made satisfies Instance;
}

describe('a program that dies', () => {
  it('is started again, every time', async () => {
    const instances = [1, 2, 3].map(instance);
    const [first, second, third] = instances as [Fake, Fake, Fake];
    const start = vi.fn(async () => (start.mock.calls.length === 1 ? second : third));
    const supervised = supervise({ name: 'p', first, start, log, backOff });

    first.die(1);
    await expect.poll(() => supervised.pid()).toBe(2);
    second.die(null);
    await expect.poll(() => supervised.pid()).toBe(3);
    await supervised.stop();
    expect(start).toHaveBeenCalledTimes(2);
  });

  it('is tried again when it cannot be started', async () => {
    const first = instance(1);
    const second = instance(2);
    let failures = 3;
    const start = vi.fn(async () => {
      if (failures-- > 0) throw new Error('port is taken');
      return second;
    });
    const supervised = supervise({ name: 'p', first, start, log, backOff });

    first.die(1);
    await expect.poll(() => supervised.pid()).toBe(2);
    expect(start).toHaveBeenCalledTimes(4);
    await supervised.stop();
  });

  it('stays down when its end is not one to mend', async () => {
    const first = instance(1);
    const start = vi.fn(async () => instance(2));
    const supervised = supervise({
      name: 'p',
      first,
      start,
      log,
      backOff,
      shouldRestart: (code) => code !== 0,
    });

    first.die(0);
    await supervised.ended;
    expect(start).not.toHaveBeenCalled();
  });
});

describe('stop', () => {
  it('ends the instance that runs and starts no other', async () => {
    const first = instance(1);
    const start = vi.fn(async () => instance(2));
    const supervised = supervise({ name: 'p', first, start, log, backOff });

    await supervised.stop();
    expect(first.stop).toHaveBeenCalledOnce();
    expect(start).not.toHaveBeenCalled();
  });

  it('does not wait for a long back-off to pass', async () => {
    const first = instance(1);
    const start = vi.fn(async () => instance(2));
    const longWait = { firstMs: 3_600_000, longestMs: 3_600_000, quietMs: 60_000 };
    const supervised = supervise({ name: 'p', first, start, log, backOff: longWait });

    first.die(1);
    await first.exited;
    await supervised.stop();
    expect(start).not.toHaveBeenCalled();
  });

  it('ends an instance that was being started meanwhile', async () => {
    const first = instance(1);
    const second = instance(2);
    let deliver: (instance: Instance) => void = () => undefined;
    const start = vi.fn(() => new Promise<Instance>((resolve) => (deliver = resolve)));
    const supervised = supervise({ name: 'p', first, start, log, backOff });

    first.die(1);
    await expect.poll(() => start.mock.calls.length).toBe(1);
    const stopped = supervised.stop();
    deliver(second);
    await stopped;
    expect(second.stop).toHaveBeenCalledOnce();
  });
});

type Fake = ReturnType<typeof instance>;
