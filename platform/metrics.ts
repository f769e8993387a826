/**
 * Metrics of one process, in Prometheus' text format at `/metrics`.
 *
 * A registry of its own instead of prom-client's global one, so that tests and several runtimes in one
 * process do not share numbers by accident. Asking for a metric again gives the same one: parts that
 * exist several times in a process (publishers, runtimes) tell themselves apart by labels.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** A gauge that is read whenever somebody asks for the metrics. */
  measured(name: string, help: string, read: () => number): void;
  /** `buckets` are upper bounds in the unit that the name ends with; the default suits seconds. */
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** Everything, as Prometheus reads it. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** From half a millisecond to ten seconds: the range of every latency in the budgets. */
const LATENCY_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Metrics of a process; `process` becomes a label on each of them. */
export function createMetrics({ process }: { process: string }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });

  // prom-client keeps metrics by name without their types; one name is one kind all over the code.
  const once = <M>(name: string, make: () => M): M =>
    (registry.getSingleMetric(name) as M | undefined) ?? make();

  return {
    counter: (name, help, labels = []) =>
      once(name, () => new Counter({ name, help, labelNames: [...labels], registers: [registry] })),
    gauge: (name, help, labels = []) =>
      once(name, () => new Gauge({ name, help, labelNames: [...labels], registers: [registry] })),
    measured: (name, help, read) => {
      once(
        name,
        () =>
          new Gauge({
            ...{ name, help, registers: [registry] },
            collect() {
              this.set(read());
            },
          }),
      );
    },
    histogram: (name, help, labels = [], buckets = LATENCY_BUCKETS_S) =>
      once(
        name,
        () =>
          new Histogram({
            name,
            help,
            labelNames: [...labels],
            buckets: [...buckets],
            registers: [registry],
          }),
      ),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
