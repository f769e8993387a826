export async function recovery(): Promise<object> {
  return {};
}
