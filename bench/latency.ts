export async function latency(): Promise<object> {
  return {};
}
