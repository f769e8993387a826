/** A process for left-behind.test.ts: prints its pid, then runs for ever, or ends when told `done`. */
process.stdout.write(`${process.pid}\n`);
if (process.argv[2] !== 'done') setInterval(() => undefined, 1000);
