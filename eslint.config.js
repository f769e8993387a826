/**
 * Lint rules. Type-checked rules catch what a reviewer misses (a promise nobody awaits, a switch
 * that forgot a case); the purity block keeps law 2: the folders of processors know no clock, no
 * randomness and no I/O, so that the same log always gives the same state.
 * Formatting is Prettier's business, import arrows dependency-cruiser's.
 */
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

const pureFolders = ['stock', 'archive', 'orders', 'supply', 'floor', 'detect', 'cases', 'feeds'];
const pureMessage =
  'A processor is pure: time is event time, randomness is seeded by the event, I/O belongs to processors/runtime.';

export default defineConfig(
  globalIgnores(['node_modules/', '**/dist/', '.stocktide/', '.tools/']),

  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  svelte.configs.prettier,

  {
    languageOptions: {
      globals: globals.node,
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      'object-shorthand': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // An async method without await is how an interface that promises is implemented.
      '@typescript-eslint/require-await': 'off',
    },
  },

  {
    // Scripts run before any package is there, in plain JavaScript with types in comments, where
    // JSON cannot be narrowed without noise; tsc checks them all the same.
    files: ['**/*.{js,mjs}'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },

  {
    files: pureFolders.map((folder) => `processors/${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': [
        'error',
        ...[
          'process',
          'performance',
          'crypto',
          'fetch',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'queueMicrotask',
          'globalThis',
        ].map((name) => ({ name, message: pureMessage })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: pureMessage },
        { object: 'Math', property: 'random', message: pureMessage },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: pureMessage,
        },
        { selector: "CallExpression[callee.name='Date']", message: pureMessage },
        { selector: 'AwaitExpression', message: pureMessage },
      ],
    },
  },

  {
    // Programs a person reads on a terminal.
    files: [
      'scripts/**',
      'bench/**',
      'simulator/**',
      'test/crash/**',
      'ingest/replay/**',
      'ingest/dead/**',
      'api/access/main.ts',
      'platform/launcher/**',
      'processors/runtime/verify-main.ts',
    ],
    rules: { 'no-console': 'off' },
  },

  {
    files: ['dashboard/{src,public}/**'],
    languageOptions: { globals: globals.browser },
    rules: {
      // Prettier writes {' '} where a line break would swallow a space.
      'svelte/no-useless-mustaches': 'off',
      // What a socket replaces is $state.raw; the indexes beside it are deliberately not reactive.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['dashboard/**/*.svelte', 'dashboard/**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
);
