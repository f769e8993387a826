/**
 * Which names a query of people may use. What is a table function, and which of them the engine runs in a
 * read-only session, is `system.table_functions` of ClickHouse 26.7; a test compares it with the engine.
 * A table function that is not named here is refused where a table stands, so that a newer engine opens
 * nothing by itself.
 */

/** Table functions that make rows out of nothing but their arguments. */
export const ALLOWED_TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'generaterandom',
  'generateseries',
  'generate_series',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'values',
  'view',
]);

/**
 * All others that the engine has: files, addresses, other servers, SQL in strings, tables by pattern. These
 * names are refused wherever they are called, also where the grammar may take them in a way not thought of.
 */
export const REFUSED_TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  ...['arrowstream', 'cluster', 'clusterallreplicas', 'dictionary', 'eval', 'executable'],
  ...[
    'filecluster',
    'filesystem',
    'fuzzjson',
    'fuzzquery',
    'input',
    'jdbc',
    'loop',
    'merge',
    'mongodb',
  ],
  ...[
    'mysql',
    'odbc',
    'postgresql',
    'redis',
    'remote',
    'remotesecure',
    'sqlite',
    'sqlstandardvalues',
  ],
  ...['url', 'urlcluster', 'viewexplain', 'viewifpermitted', 'ytsaurus', 'zeros', 'zeros_mt'],
  ...['azureblobstorage', 'azureblobstoragecluster', 'cosn', 'gcs', 'hdfs', 'hdfscluster', 'oss'],
  ...['s3', 's3cluster', 'hudi', 'hudicluster', 'prometheusquery', 'prometheusqueryrange'],
  ...['deltalake', 'deltalakeazure', 'deltalakeazurecluster', 'deltalakecluster', 'deltalakelocal'],
  ...['deltalakes3', 'deltalakes3cluster', 'iceberg', 'icebergazure', 'icebergazurecluster'],
  ...['icebergcluster', 'iceberghdfs', 'iceberghdfscluster', 'iceberglocal', 'iceberglocalcluster'],
  ...[
    'icebergs3',
    'icebergs3cluster',
    'paimon',
    'paimonazure',
    'paimonazurecluster',
    'paimoncluster',
  ],
  ...['paimonhdfs', 'paimonhdfscluster', 'paimonlocal', 'paimons3', 'paimons3cluster'],
  ...['mergetreeanalyzeindexes', 'mergetreeanalyzeindexesuuid', 'mergetreeindex'],
  ...['mergetreeprojection', 'mergetreetextindex', 'timeseriesdata', 'timeseriesmetrics'],
  ...['timeseriessamples', 'timeseriesselector', 'timeseriestags'],
]);

/**
 * Table functions whose name is an ordinary function as well (`format('{}', a)`): as such they are refused
 * only where a table stands.
 */
export const AMBIGUOUS_TABLE_FUNCTIONS: ReadonlySet<string> = new Set(['file', 'format']);

/**
 * Ordinary functions that reach beyond the data, with what they reach. `file()` reads any file of the
 * engine's user, also in a read-only session. Matched in lower case.
 */
const REFUSED_FUNCTIONS: readonly (readonly [names: RegExp, reaches: string])[] = [
  [/^file$/, 'reads files of the machine'],
  [/^ai[a-z]+$/, 'sends data to services outside'],
  [/^dict(get|has|isin)/, 'reads dictionaries'],
  [/^joinget/, 'reads tables of the engine Join'],
  [/^(catboostevaluate|evalmlmethod|naivebayesclassifier)/, 'runs models from files'],
  [/^(sleep|sleepeachrow)$/, 'holds a thread without working'],
  [/^(addressto|demangle$|logtrace$)/, 'looks into the server process'],
  [/^(filesystem|zookeeper)/, 'looks at the machine'],
  [/^(fullhostname|hostname|serveruuid|tcpport|getserverport|displayname)$/, 'names the machine'],
  [/^(getmacro|getserversetting|getclienthttpheader)$/, 'reads the configuration of the server'],
];

/** What a function reaches for that a query must not; null for one that may be called. */
export function reachOf(name: string): string | null {
  const lower = name.toLowerCase();
  return REFUSED_FUNCTIONS.find(([names]) => names.test(lower))?.[1] ?? null;
}

/** Tables of the database `system` that describe the schema, or make numbers. */
export const SYSTEM_TABLES: ReadonlySet<string> = new Set([
  ...['columns', 'data_type_families', 'databases', 'formats', 'functions', 'keywords', 'numbers'],
  ...['numbers_mt', 'one', 'parts', 'parts_columns', 'projections', 'table_functions', 'tables'],
  ...['time_zones', 'view_refreshes'],
]);

/** `SHOW …` that tells of the schema, by its first words. */
export const SHOW_FORMS: readonly (readonly string[])[] = [
  ['TABLES'],
  ['FULL', 'TABLES'],
  ['COLUMNS'],
  ['FULL', 'COLUMNS'],
  ['CREATE'],
  ['DATABASES'],
  ['FUNCTIONS'],
  ['INDEX'],
  ['INDEXES'],
  ['KEYS'],
];
/** `SHOW CREATE …` of these is about access, not about the schema. */
export const SHOW_CREATE_REFUSED: ReadonlySet<string> = new Set([
  ...[
    'USER',
    'USERS',
    'ROLE',
    'ROLES',
    'QUOTA',
    'QUOTAS',
    'PROFILE',
    'PROFILES',
    'SETTINGS',
    'ROW',
  ],
  ...['POLICY', 'POLICIES', 'ACCESS', 'DICTIONARY', 'MASKING', 'DATABASE'],
]);
