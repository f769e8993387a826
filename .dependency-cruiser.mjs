/**
 * The import arrows of the design, as rules:
 *
 *   contracts ◀─ platform ◀─ { ingest, processors, api }
 *   contracts ◀─ pure folders of processors, simulator, dashboard
 *   bench, test and scripts may import anything
 *
 * A folder that is not named in `from` is free; whatever is not forbidden is allowed.
 */

/** The folders of ours; everything else is Node or a package. */
const ours = '^(contracts|platform|ingest|processors|api|simulator|dashboard|bench|test|scripts)/';
const pureProcessors =
  '^processors/(stock|archive|orders|returns|supply|floor|feeds|items|demand|detect|cases|facts)/';

/** @param {string} name @param {string} comment @param {string} folder @param {string[]} allowed */
function onlyImports(name, comment, folder, allowed) {
  return {
    name,
    comment,
    severity: /** @type {const} */ ('error'),
    from: { path: folder },
    to: { path: ours, pathNot: allowed },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    onlyImports('contracts-stand-alone', 'contracts import nothing of ours.', '^contracts/', [
      '^contracts/',
    ]),
    onlyImports('platform-on-contracts', 'platform knows no process.', '^platform/', [
      '^platform/',
      '^contracts/',
    ]),
    onlyImports('ingest-stands-alone', 'Processes meet in the log, not in imports.', '^ingest/', [
      '^ingest/',
      '^platform/',
      '^contracts/',
    ]),
    onlyImports('api-stands-alone', 'Processes meet in the log, not in imports.', '^api/', [
      '^api/',
      '^platform/',
      '^contracts/',
    ]),
    onlyImports(
      'processors-stand-alone',
      'Processes meet in the log, not in imports.',
      '^processors/',
      ['^processors/', '^platform/', '^contracts/'],
    ),
    onlyImports(
      'simulator-on-contracts',
      'The simulator is a source like any other.',
      '^simulator/',
      ['^simulator/', '^contracts/'],
    ),
    onlyImports('dashboard-on-contracts', 'A browser cannot run the server.', '^dashboard/', [
      '^dashboard/',
      '^contracts/',
    ]),
    {
      name: 'dashboard-types-only',
      comment: 'The page takes types from contracts, not schemas: they would double its size.',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^contracts/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-processors',
      comment:
        'A pure processor imports contracts, its interface, facts/, the statistics that the rules share, and its own folder (law 2).',
      severity: 'error',
      from: { path: pureProcessors, pathNot: '^processors/demand/' },
      to: {
        path: ours,
        pathNot: [
          '^contracts/',
          '^processors/processor\\.ts$',
          '^processors/facts/',
          '^processors/detect/statistics/',
          '^processors/$1/',
        ],
      },
    },
    {
      name: 'demand-on-stock',
      comment: 'Demand lives in the slice of stock and reads its books; stock knows nothing of it.',
      severity: 'error',
      from: { path: '^processors/demand/' },
      to: {
        path: ours,
        pathNot: [
          '^contracts/',
          '^processors/processor\\.ts$',
          '^processors/(facts|stock|demand)/',
        ],
      },
    },
    {
      name: 'pure-processors-no-io',
      comment:
        'No Node module in a pure processor, but hashing, and of packages only pure computation.',
      severity: 'error',
      from: { path: pureProcessors },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'],
        pathNot: ['^node_modules/(tinyqueue|simple-statistics)/', '^(node:)?crypto$'],
      },
    },
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one thing, or want a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dev-packages-in-production',
      comment: 'The runtime image is installed without development packages.',
      severity: 'error',
      from: { path: '^(contracts|platform|ingest|processors|api|simulator)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'not-resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types', 'svelte'],
      extensions: ['.ts', '.js', '.mjs', '.svelte', '.json', '.d.ts'],
    },
  },
};
