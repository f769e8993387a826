/** Facts of exception case x1: a short pick of SKU A at node dc, unless a test says otherwise. */
import type { InputDataOf } from '../../contracts/events.ts';
import { event, type Given } from './given.ts';

type Envelope = Partial<Pick<Given, 'at' | 'id' | 'source'>>;
type Opening = Partial<InputDataOf<'exception.opened'>>;

const about = { exception_id: 'x1', code: 'SHORT_PICK', entity: 'sku/A/node/dc' };

export const opened = (it: Opening = {}, envelope: Envelope = {}): Given =>
  event(
    'exception.opened',
    { ...about, sku_id: 'A', node_id: 'dc', severity: 'SEV1', ...it },
    envelope,
  );

export const acknowledged = (
  it: Partial<InputDataOf<'exception.acknowledged'>> = {},
  envelope: Envelope = {},
): Given => event('exception.acknowledged', { ...about, actor: 'ana', ...it }, envelope);

export const resolved = (
  it: Partial<InputDataOf<'exception.resolved'>> = {},
  envelope: Envelope = {},
): Given => event('exception.resolved', { ...about, root_cause: 'PHANTOM_STOCK', ...it }, envelope);
