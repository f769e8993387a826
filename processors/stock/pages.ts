/**
 * Rows of numbers in pages, with a copy of any instant at no cost.
 *
 * A million positions as objects take a gigabyte and stall the loop whenever they are copied. Here a row
 * is `stride` doubles in a page; `freeze()` hands out the pages as they are, and a page is copied only
 * when it is written while a frozen copy still needs it (copy on write).
 */

const PAGE_SHIFT = 9;
const PAGE_ROWS = 1 << PAGE_SHIFT;
const PAGE_MASK = PAGE_ROWS - 1;

export interface FrozenPages {
  readonly pages: readonly Float64Array[];
  readonly rows: number;
  release(): void;
}

export class Pages {
  readonly stride: number;
  #pages: Float64Array[] = [];
  #shared: Uint8Array = new Uint8Array(64);
  #frozen = 0;
  #rows = 0;

  constructor(stride: number) {
    this.stride = stride;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Makes rows up to `rows` exist, filled with 0. */
  grow(rows: number): void {
    while (this.#pages.length * PAGE_ROWS < rows) {
      this.#pages.push(new Float64Array(PAGE_ROWS * this.stride));
      if (this.#pages.length > this.#shared.length) {
        const wider = new Uint8Array(this.#shared.length * 2);
        wider.set(this.#shared);
        this.#shared = wider;
      }
    }
    if (rows > this.#rows) this.#rows = rows;
  }

  get(row: number, column: number): number {
    const page = this.#pages[row >> PAGE_SHIFT] as Float64Array;
    return page[(row & PAGE_MASK) * this.stride + column] as number;
  }

  set(row: number, column: number, value: number): void {
    this.#writable(row)[(row & PAGE_MASK) * this.stride + column] = value;
  }

  /** Adds to a cell and returns the new value. */
  add(row: number, column: number, delta: number): number {
    const page = this.#writable(row);
    const at = (row & PAGE_MASK) * this.stride + column;
    const value = (page[at] as number) + delta;
    page[at] = value;
    return value;
  }

  /** The rows as they are now, whatever is written later, until `release`. */
  freeze(): FrozenPages {
    this.#frozen += 1;
    this.#shared.fill(1, 0, this.#pages.length);
    const pages = [...this.#pages];
    return {
      pages,
      rows: this.#rows,
      release: () => {
        this.#frozen -= 1;
        if (this.#frozen === 0) this.#shared.fill(0);
      },
    };
  }

  #writable(row: number): Float64Array {
    const index = row >> PAGE_SHIFT;
    if (this.#shared[index] === 1) {
      this.#pages[index] = (this.#pages[index] as Float64Array).slice();
      this.#shared[index] = 0;
    }
    return this.#pages[index] as Float64Array;
  }
}

/**
 * Frozen rows as bytes, a page at a time: per row a 32-bit mask of the cells that are not 0, then those
 * cells. Most cells of a position are 0, so this is a quarter of the pages themselves.
 */
export function* encodePages(frozen: FrozenPages, stride: number): Generator<Uint8Array> {
  for (let page = 0; page * PAGE_ROWS < frozen.rows; page++) {
    const cells = frozen.pages[page] as Float64Array;
    const rows = Math.min(PAGE_ROWS, frozen.rows - page * PAGE_ROWS);
    const bytes = new Uint8Array(rows * (4 + stride * 8));
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (let row = 0; row < rows; row++) {
      const maskAt = at;
      let mask = 0;
      at += 4;
      for (let column = 0; column < stride; column++) {
        const value = cells[row * stride + column] as number;
        if (value === 0) continue;
        mask |= 1 << column;
        view.setFloat64(at, value, true);
        at += 8;
      }
      view.setUint32(maskAt, mask >>> 0, true);
    }
    yield bytes.subarray(0, at);
  }
}

/** Puts rows that `encodePages` wrote behind the rows that are there. */
export function decodeRows(pages: Pages, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.byteLength) {
    const row = pages.rows;
    pages.grow(row + 1);
    const mask = view.getUint32(at, true);
    at += 4;
    for (let column = 0; column < pages.stride; column++) {
      if ((mask & (1 << column)) === 0) continue;
      pages.set(row, column, view.getFloat64(at, true));
      at += 8;
    }
  }
}
