/** What answers of the API are put together from: instants, money, whose now it is, and over which window. */
import { Type, type Static, type TSchema } from 'typebox';
import { oneOf } from './fields.ts';

export const WINDOWS = ['1h', '1d', '7d', '28d'] as const;

export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
export const at = (description: string) =>
  Type.String({ description: `${description} (RFC 3339)` });

/** Money of one currency; never a float. */
export const Money = Type.Object({
  amount: Type.String({ description: 'Decimal string' }),
  currency: Type.String({ description: 'ISO 4217; empty is the house currency' }),
});
export type Money = Static<typeof Money>;

/** Whose now an answer is about. */
export const CLOCK = {
  now: at('The instant that the answer is about'),
  clock: oneOf(
    ['processors', 'wall'],
    'Whose now: event time of the processors, or wall time while they have none',
  ),
};

export const WINDOW = {
  name: nullable(oneOf(WINDOWS, 'Its name, when it has one')),
  from: at('First instant'),
  to: at('First instant after it'),
};

/** A window cut into steps, which the series of the answer have one value of each for. */
export const STEPPED_WINDOW = Type.Object({
  ...WINDOW,
  step_s: Type.Number({ description: 'Length of a step of the series (s)' }),
  steps: Type.Array(at('First instant of a step'), { description: 'Oldest first' }),
});
export type SteppedWindow = Static<typeof STEPPED_WINDOW>;

export const Series = (description: string) =>
  Type.Array(nullable(Type.Number()), {
    description: `${description}; one value a step, null where there was nothing to measure`,
  });

/** A page of a list. */
export const NEXT = {
  next_cursor: nullable(Type.String({ description: 'Cursor of the next page; null on the last' })),
};
