/** Columns of each table in the order in which processors put their cells (sql/migrations). */
import { DEMAND_TABLES } from '../demand/tables.ts';
import { ARCHIVE_TABLES } from '../archive/tables.ts';
import { CASES_TABLES } from '../cases/tables.ts';
import { DETECT_TABLES } from '../detect/tables.ts';
import { SHARED_TABLES } from '../facts/tables.ts';
import { FEEDS_TABLES } from '../feeds/tables.ts';
import { FLOOR_TABLES } from '../floor/tables.ts';
import { RETURNS_TABLES } from '../returns/tables.ts';
import { ORDER_TABLES } from '../orders/tables.ts';
import { STOCK_TABLES } from '../stock/tables.ts';
import { SUPPLY_TABLES } from '../supply/tables.ts';

export const TABLE_COLUMNS = {
  ...DEMAND_TABLES,
  ...ARCHIVE_TABLES,
  ...STOCK_TABLES,
  ...SUPPLY_TABLES,
  ...FLOOR_TABLES,
  ...FEEDS_TABLES,
  ...RETURNS_TABLES,
  ...ORDER_TABLES,
  ...CASES_TABLES,
  ...DETECT_TABLES,
  ...SHARED_TABLES,
} as const satisfies Record<string, readonly string[]>;
