/**
 * The checks that read the code without running it, in the order in which their messages help
 * most, and the test run. `npm run check` and `npm test` are both made of these.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './project.mjs';

/** @typedef {{ name: string, program: string, args: string[] }} Step */

const folders = [
  'contracts',
  'platform',
  'ingest',
  'processors',
  'api',
  'simulator',
  'dashboard',
  'bench',
  'test',
  'scripts',
].filter((folder) => existsSync(join(projectRoot, folder)));

/** @type {Step[]} */
export const staticSteps = [
  { name: 'types', program: 'tsc', args: ['--noEmit', '-p', '.'] },
  ...(existsSync(join(projectRoot, 'dashboard', 'tsconfig.json'))
    ? [
        {
          name: 'types of the dashboard',
          program: 'svelte-check',
          args: ['--workspace', 'dashboard', '--tsconfig', 'tsconfig.json', '--fail-on-warnings'],
        },
      ]
    : []),
  { name: 'lint', program: 'eslint', args: ['.', '--max-warnings', '0'] },
  { name: 'format', program: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  {
    name: 'imports',
    program: 'depcruise',
    args: ['--config', '.dependency-cruiser.mjs', ...folders],
  },
  { name: 'unused code', program: 'knip', args: ['--no-progress'] },
];

/**
 * Runs one step and prints a line with its result; what the tool said follows only when it failed.
 * @param {Step} step @returns {Promise<boolean>}
 */
export async function runStep(step) {
  const startedMs = Date.now();
  const { code, output } = await runTool(step.program, step.args, 'captured');
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
  summarise(step.name, code === 0, startedMs);
  return code === 0;
}

/** The tests that share the machine with nothing: a browser and a whole system beside each other. */
const IN_BROWSER = 'e2e';

/**
 * Runs every test project, those in a browser after the others and only with one.
 * @param {{ browser: boolean }} machine
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runTests({ browser }) {
  const rest = await runProjects('tests', `!${IN_BROWSER}`);
  if (!browser) return rest;
  const seen = await runProjects('tests in a browser', IN_BROWSER);
  return { passed: rest.passed + seen.passed, failed: rest.failed + seen.failed };
}

/**
 * Runs test projects and counts from Vitest's JSON report.
 * A file that fails outside its tests (an import, a hook) counts as one failure, and so does an
 * error that no test caught: a red run never counts as zero failed.
 * @param {string} name @param {string} projects as Vitest selects them
 * @returns {Promise<{ passed: number, failed: number }>}
 */
async function runProjects(name, projects) {
  const startedMs = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'stocktide-tests-'));
  try {
    const report = join(folder, 'report.json');
    const { code } = await runTool(
      'vitest',
      [
        'run',
        `--project=${projects}`,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
      ],
      'shown',
    );
    const counts = countTests(report);
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    summarise(name, counts.failed === 0, startedMs);
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} report path of Vitest's JSON report */
function countTests(report) {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  /** @type {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const failedOutsideTests = result.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return { passed: result.numPassedTests, failed: result.numFailedTests + failedOutsideTests };
}

/**
 * @param {string} program a program of node_modules/.bin
 * @param {string[]} args
 * @param {'captured' | 'shown'} mode
 * @returns {Promise<{ code: number, output: string }>}
 */
function runTool(program, args, mode) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(projectRoot, 'node_modules', '.bin', program), args, {
      cwd: projectRoot,
      stdio: mode === 'shown' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += String(chunk)));
    child.stderr?.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** @param {string} name @param {boolean} passed @param {number} startedMs */
function summarise(name, passed, startedMs) {
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
}
