import { ClickHouseError } from '@clickhouse/client';
import { expect, test } from 'vitest';
import { clickhouseCode, isRetryable } from '../../../platform/clickhouse/errors.ts';
import { InsertError, insertRows } from '../../../platform/clickhouse/insert.ts';
import { createClickHouse } from '../../../platform/clickhouse/client.ts';

const answer = (code: string, type: string) => new ClickHouseError({ message: type, code, type });

test.each([
  [answer('252', 'TOO_MANY_PARTS'), true],
  [answer('241', 'MEMORY_LIMIT_EXCEEDED'), true],
  [answer('210', 'NETWORK_ERROR'), true],
  [answer('60', 'UNKNOWN_TABLE'), false],
  [answer('27', 'CANNOT_PARSE_INPUT_ASSERTION_FAILED'), false],
  [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), true],
  [new Error('Timeout error.'), true],
  [new TypeError('a mistake'), false],
])('%s: retryable %s', (error, retryable) => {
  expect(isRetryable(error)).toBe(retryable);
});

test('the code of an answer, and none where nobody answered', () => {
  expect(clickhouseCode(answer('60', 'UNKNOWN_TABLE'))).toBe(60);
  expect(clickhouseCode(new Error('socket hang up'))).toBeNull();
});

test('a name that is no plain word never reaches the statement', async () => {
  const client = createClickHouse({
    clickhouseUrl: 'http://127.0.0.1:9',
    clickhouseDatabase: 'x',
    clickhouseUser: 'default',
    clickhousePassword: '',
  });
  const block = { table: 't` VALUES (1) --', columns: ['a'], lines: '[1]\n', token: '1' };
  const failed = insertRows(client, block);
  await expect(failed).rejects.toThrow(TypeError);
  await expect(failed).rejects.not.toThrow(InsertError);
});
