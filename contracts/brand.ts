/** What is true of the whole brand. */
import { Type, type Static } from 'typebox';

/** `GET /v1/brand`. */
export const BrandView = Type.Object({
  currency: Type.Union([Type.String(), Type.Null()], {
    description: 'House currency (ISO 4217) that sums of money are in; null before it is known',
  }),
});
export type BrandView = Static<typeof BrandView>;
