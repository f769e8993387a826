/** The nonce that an inline style of this page must carry: for parts that make styles of their own. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? '';
}
