/** True for a GTIN-14 whose last digit is its check digit: weights 3 and 1 from the left, to the next ten. */
export function isValidGtin(gtin: string): boolean {
  if (!/^\d{14}$/.test(gtin) || /^0+$/.test(gtin)) return false;
  const sum = [...gtin].reduce(
    (total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 3 : 1),
    0,
  );
  return sum % 10 === 0;
}
