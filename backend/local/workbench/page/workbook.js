// One open workbook: its tabs, the cells seen so far in blocks of rows, and what changes in them.

import * as sheets from './sheets_api.js';

const BLOCK = 500;
const RETRY_MS = 2000;

export class Workbook extends EventTarget {
  /** Fires `tabs` when tabs come, go or change, and `cells` with the cells whose content changed. */
  constructor(id) {
    super();
    this.id = id;
    this.title = '';
    this.tabs = [];
    this.blocks = new Map();
    this.loading = new Set();
    this.revision = 0;
    this.closed = false;
  }

  async open() {
    await this.describe();
    this.follow();
  }

  close() {
    this.closed = true;
  }

  tab(sheetId) {
    return this.tabs.find((tab) => tab.id === sheetId);
  }

  async describe() {
    const { title, tabs } = await sheets.describe(this.id);
    this.title = title;
    this.tabs = tabs;
    this.dispatchEvent(new Event('tabs'));
  }

  /** The cells of a row, or null while they are on their way. */
  row(sheetId, row) {
    const at = Math.floor(row / BLOCK);
    const block = this.blocks.get(`${sheetId} ${at}`);
    if (!block) {
      this.load(sheetId, at);
      return null;
    }
    return block[row - at * BLOCK] ?? [];
  }

  text(sheetId, row, column) {
    return this.row(sheetId, row)?.[column] ?? '';
  }

  async load(sheetId, at) {
    const key = `${sheetId} ${at}`;
    if (this.loading.has(key)) return;
    this.loading.add(key);
    try {
      const tab = this.tab(sheetId);
      const last = tab ? Math.min(tab.rows, (at + 1) * BLOCK) : 0;
      const rows = last > at * BLOCK ? await sheets.readRows(this.id, sheetId, at * BLOCK, last) : [];
      const before = this.blocks.get(key);
      this.blocks.set(key, rows);
      this.tell(sheetId, before ? different(before, rows, at * BLOCK) : []);
    } catch {
      setTimeout(() => this.tell(sheetId, []), RETRY_MS);
    } finally {
      this.loading.delete(key);
    }
  }

  tell(sheetId, cells) {
    this.dispatchEvent(new CustomEvent('cells', { detail: { sheetId, cells } }));
  }

  /** Shows what was typed at once; the sheet's own word on it follows. */
  async type(sheetId, row, column, values) {
    values.forEach((line, down) => {
      const at = Math.floor((row + down) / BLOCK);
      const block = this.blocks.get(`${sheetId} ${at}`);
      if (!block) return;
      const cells = (block[row + down - at * BLOCK] ??= []);
      line.forEach((text, right) => (cells[column + right] = text));
    });
    this.tell(sheetId, []);
    await sheets.type(this.id, sheetId, row, column, values);
  }

  async follow() {
    while (!this.closed) {
      try {
        this.take(await sheets.changesSince(this.id, this.revision));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  take({ revision, reset, tabs, rows }) {
    this.revision = revision;
    if (reset) for (const key of this.blocks.keys()) this.reload(key);
    for (const [sheetId, touched] of Object.entries(rows)) {
      for (const key of this.blocks.keys()) {
        const [id, at] = key.split(' ').map(Number);
        if (id === Number(sheetId) && touches(touched, at * BLOCK, (at + 1) * BLOCK)) this.reload(key);
      }
    }
    if (tabs) this.describe();
  }

  async reload(key) {
    const [sheetId, at] = key.split(' ').map(Number);
    // A block that is already on its way may carry the older content: once more after it.
    while (this.loading.has(key)) await new Promise((resolve) => setTimeout(resolve, 20));
    await this.load(sheetId, at);
  }
}

function touches(touched, first, last) {
  return touched === 'all' || touched.some(([top, bottom]) => top < last && bottom > first);
}

function different(before, after, first) {
  const cells = [];
  for (let row = 0; row < Math.max(before.length, after.length); row += 1) {
    const [old, now] = [before[row] ?? [], after[row] ?? []];
    for (let column = 0; column < Math.max(old.length, now.length); column += 1) {
      if ((old[column] ?? '') !== (now[column] ?? '')) cells.push([first + row, column]);
    }
  }
  return cells;
}
