/**
 * The event catalogue: every type that the door takes and every type that the LOG holds, with the
 * TypeScript types that follow from the schemas.
 *
 * Names here lack `stocktide.` and `.v1` (contracts/envelope.ts adds them).
 */
import type { Static, TSchema } from 'typebox';
import { CONTROL_EVENTS } from './events/control.ts';
import { DOOR_EVENTS } from './events/door.ts';
import { INVENTORY_EVENTS } from './events/inventory.ts';
import { ORDER_EVENTS } from './events/orders.ts';
import { SUPPLY_EVENTS } from './events/supply.ts';
import type { LogAttributes } from './envelope.ts';

export const EVENTS = {
  ...ORDER_EVENTS,
  ...INVENTORY_EVENTS,
  ...SUPPLY_EVENTS,
  ...CONTROL_EVENTS,
  ...DOOR_EVENTS,
} as const;

type Events = typeof EVENTS;
/** A type that a producer can send. */
export type InputType = keyof Events;

type LineTypeOf<T extends InputType> = Events[T] extends { lineType: infer L extends string }
  ? L
  : never;
/** A type that the door makes of a document's lines. */
export type LineType = { [T in InputType]: LineTypeOf<T> }[InputType];
/** A type that the LOG can hold. */
export type LogType = InputType | LineType;

type DocumentOfLine<L extends LineType> = {
  [T in InputType]: LineTypeOf<T> extends L ? (L extends LineTypeOf<T> ? T : never) : never;
}[InputType];

type LogSchema<T extends LogType> = T extends InputType
  ? Events[T] extends { header: infer H extends TSchema }
    ? H
    : Events[T]['data']
  : T extends LineType
    ? Events[DocumentOfLine<T>] extends { line: infer L extends TSchema }
      ? L
      : never
    : never;

/** Data of a LOG event of type T. */
export type DataOf<T extends LogType> = Static<LogSchema<T>>;
/** Data of type T as a producer sends it, lines and all. */
export type InputDataOf<T extends InputType> = Static<Events[T]['data']>;

/** An event of the LOG: single-entity, checked, stamped by the door. `name` is the short type. */
export type LogEventOf<T extends LogType> = Omit<LogAttributes, 'type'> & {
  type: `stocktide.${T}.v1`;
  data: DataOf<T>;
};
export type LogEvent = { [T in LogType]: LogEventOf<T> }[LogType];

/** Types that only Stocktide itself sends; the door takes them from nobody else. */
export const INTERNAL_TYPES: ReadonlySet<string> = new Set<InputType>([
  'clock.ticked',
  'finding.raised',
  'finding.cleared',
  'feed.tallied',
  'rejection.settled',
  'model.trained',
]);

/**
 * Decisions of people. The API sends them for whoever is signed in; straight to the door only an admin may,
 * since their actor is believed.
 */
export const DECISION_TYPES: ReadonlySet<string> = new Set<InputType>([
  'case.commanded',
  'policy.set',
]);

/** The LOG schema of each type, and the document that a line type comes from. */
export const LOG_SCHEMAS: ReadonlyMap<LogType, TSchema> = logSchemas();
export const LINE_TYPES: ReadonlyMap<string, InputType> = new Map(
  Object.entries(EVENTS).flatMap(([name, def]) =>
    'lineType' in def ? [[def.lineType, name as InputType] as const] : [],
  ),
);

function logSchemas(): Map<LogType, TSchema> {
  const schemas = new Map<LogType, TSchema>();
  for (const [name, def] of Object.entries(EVENTS)) {
    if ('lineType' in def) {
      schemas.set(name as InputType, def.header);
      schemas.set(def.lineType, def.line);
    } else {
      schemas.set(name as InputType, def.data);
    }
  }
  return schemas;
}
