/** What the benches use of the package, which ships no types. */
declare module 'ml-isolation-forest' {
  interface Node {
    readonly left?: Node;
    readonly right?: Node;
    readonly splitColumn: number;
    readonly splitValue: number;
    numberDataPoints(): number;
  }
  export class IsolationForest {
    constructor(options: { nEstimators: number });
    train(rows: number[][]): void;
    readonly forest: readonly Node[];
  }
}
