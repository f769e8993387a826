/** The command line of `npm start`. */
import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from '../../../platform/launcher/options.ts';

describe('parseOptions', () => {
  it('plays the demo on the default port without arguments', () => {
    expect(parseOptions([])).toEqual({ help: false, port: undefined, data: undefined, demo: true });
  });

  it('takes every option', () => {
    expect(parseOptions(['--port', '9000', '--data', '/tmp/x', '--no-demo', '-h'])).toEqual({
      help: true,
      port: '9000',
      data: '/tmp/x',
      demo: false,
    });
  });

  it.each([
    [['--port', '70000'], '--port "70000"'],
    [['--port', '80x'], '--port "80x"'],
    [['--prot', '80'], '--prot'],
    [['here'], 'here'],
  ])('refuses %j and names it', (args, named) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(named);
  });
});
