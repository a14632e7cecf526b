// The grid as it shows: only the cells in view are in the document, so that size does not matter.

import { letters } from './letters.js';

const ROW = 24;
const GUTTER = 56;
const SPARE_ROWS = 8;
const FRESH_MS = 1600;
/** Characters of a cell that are put into the page; more would not show. */
const LONGEST = 300;
const [NARROW, WIDE, PER_CHARACTER] = [88, 152, 7];

export class Grid {
  constructor(element) {
    this.element = element;
    this.selection = { row: 1, column: 0, rows: 1, columns: 1 };
    this.active = { row: 1, column: 0 };
    this.lines = new Map();
    this.fresh = new Map();
    this.canvas = part('div', 'canvas', { role: 'presentation' });
    this.top = part('div', 'top', { role: 'rowgroup' });
    this.body = part('div', 'body', { role: 'rowgroup' });
    this.canvas.append(this.top, this.body);
    element.append(this.canvas);
    element.addEventListener('scroll', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(element);
  }

  show(workbook, sheetId) {
    this.workbook = workbook;
    this.sheetId = sheetId;
    this.offsets = null;
    this.lines.forEach((line) => line.remove());
    this.lines.clear();
    this.draw();
  }

  get tab() {
    return this.workbook?.tab(this.sheetId);
  }

  /** Cells that have just changed are lit for a moment. */
  light(cells) {
    if (cells.some(([row]) => row === 0)) this.offsets = null;
    const until = performance.now() + FRESH_MS;
    for (const [row, column] of cells) this.fresh.set(`${row} ${column}`, until);
    if (this.fresh.size) setTimeout(() => this.forget(), FRESH_MS + 50);
  }

  forget() {
    const now = performance.now();
    for (const [cell, until] of this.fresh) if (until < now) this.fresh.delete(cell);
    this.draw();
  }

  /** Left edges of the columns, one more than there are; widths follow what the first rows hold. */
  measure() {
    const { columns } = this.tab;
    this.offsets = [0];
    for (let column = 0; column < columns; column += 1) {
      let longest = 0;
      for (let row = 0; row < Math.min(20, this.tab.rows); row += 1) {
        longest = Math.max(longest, this.workbook.text(this.sheetId, row, column).length);
      }
      const width = Math.min(WIDE, Math.max(NARROW, longest * PER_CHARACTER + 16));
      this.offsets.push(this.offsets[column] + width);
    }
  }

  /** Draws in the next frame, however often it was asked for. */
  draw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      if (this.tab) this.drawNow();
    });
  }

  drawNow() {
    const tab = this.tab;
    const known = this.workbook.row(this.sheetId, 0) !== null;
    if (!this.offsets || this.offsets.length !== tab.columns + 1 || this.guessed) {
      this.measure();
      this.guessed = !known;
    }
    this.element.setAttribute('aria-rowcount', tab.rows);
    this.element.setAttribute('aria-colcount', tab.columns);
    const width = GUTTER + this.offsets[tab.columns];
    this.canvas.style.cssText = `width:${width}px;height:${ROW * (tab.rows + 1)}px`;
    const [first, last] = this.columnsInView();
    this.drawTop(width, first, last);
    const top = Math.max(1, Math.floor(this.element.scrollTop / ROW) + 1 - SPARE_ROWS);
    const shown = Math.ceil(this.element.clientHeight / ROW) + 2 * SPARE_ROWS;
    const bottom = Math.min(tab.rows, top + shown);
    for (const [row, line] of this.lines) {
      if (row < top || row >= bottom) {
        line.remove();
        this.lines.delete(row);
      }
    }
    for (let row = top; row < bottom; row += 1) this.drawLine(row, width, first, last);
    this.element.setAttribute('aria-activedescendant', `cell-${this.active.row}-${this.active.column}`);
  }

  columnsInView() {
    const left = this.element.scrollLeft;
    const right = left + this.element.clientWidth;
    const { columns } = this.tab;
    let first = 0;
    while (first < columns - 1 && this.offsets[first + 1] < left) first += 1;
    let last = first;
    while (last < columns && this.offsets[last] < right) last += 1;
    return [first, last];
  }

  drawTop(width, first, last) {
    const row = part('div', 'line', { role: 'row' });
    row.style.width = `${width}px`;
    const corner = part('div', 'number', { role: 'columnheader' });
    corner.append(part('span', 'hidden', {}, 'Row'));
    row.append(corner);
    for (let column = first; column < last; column += 1) {
      const lit = column >= this.selection.column && column < this.selection.column + this.selection.columns;
      const cell = part('div', lit ? 'letter lit' : 'letter', { role: 'columnheader', 'data-letter': column }, letters(column));
      this.place(cell, column);
      row.append(cell);
    }
    const frozen = this.line(0, first, this.looks(0, first, last));
    frozen.classList.add('frozen');
    frozen.style.width = `${width}px`;
    this.top.replaceChildren(row, frozen);
    this.top.style.width = `${width}px`;
  }

  /** A line that would look as it does already stays the element that it is. */
  drawLine(row, width, first, last) {
    const looks = this.looks(row, first, last);
    const sign = JSON.stringify([width, first, looks]);
    const before = this.lines.get(row);
    if (before?.sign === sign) return;
    const line = this.line(row, first, looks);
    line.sign = sign;
    line.style.cssText = `width:${width}px;transform:translateY(${ROW * (row - 1)}px)`;
    if (before) before.replaceWith(line);
    else this.body.append(line);
    this.lines.set(row, line);
  }

  picks(row, column) {
    const { selection } = this;
    const inRow = row >= selection.row && row < selection.row + selection.rows;
    return inRow && (column === null || (column >= selection.column && column < selection.column + selection.columns));
  }

  /** Of a row's number and each of its cells in view: the class names and the text. */
  looks(row, first, last) {
    const cells = this.workbook.row(this.sheetId, row);
    const looks = [[this.picks(row, null) ? 'number lit' : 'number', String(row + 1)]];
    for (let column = first; column < last; column += 1) {
      const text = cells?.[column] ?? '';
      let names = 'cell';
      if (this.picks(row, column)) names += ' picked';
      if (row === this.active.row && column === this.active.column) names += ' active';
      if (/^-?[\d.,]+%?$/.test(text)) names += ' numeric';
      if (this.fresh.has(`${row} ${column}`)) names += ' fresh';
      looks.push([names, text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text]);
    }
    return looks;
  }

  line(row, first, [number, ...cells]) {
    const line = part('div', 'line', { role: 'row', 'aria-rowindex': row + 1 });
    line.append(part('div', number[0], { role: 'rowheader', 'data-number': row }, number[1]));
    cells.forEach(([names, text], at) => {
      const column = first + at;
      const facts = { role: 'gridcell', id: `cell-${row}-${column}`, 'aria-colindex': column + 1, 'data-row': row, 'data-column': column };
      const cell = part('div', names, facts, text);
      this.place(cell, column);
      line.append(cell);
    });
    return line;
  }

  place(cell, column) {
    cell.style.left = `${GUTTER + this.offsets[column]}px`;
    cell.style.width = `${this.offsets[column + 1] - this.offsets[column]}px`;
  }

  /** Where a cell stands on the canvas: `{left, top, width}`. */
  box(row, column) {
    const top = row === 0 ? this.element.scrollTop + ROW : ROW * (row + 1);
    return { left: GUTTER + this.offsets[column], top, width: this.offsets[column + 1] - this.offsets[column] };
  }

  reveal(row, column) {
    if (!this.offsets) return;
    const { element } = this;
    if (row > 0) {
      const top = ROW * (row - 1);
      const room = element.clientHeight - 3 * ROW;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top > element.scrollTop + room) element.scrollTop = top - room;
    }
    const [left, right] = [this.offsets[column], this.offsets[column + 1]];
    const room = element.clientWidth - GUTTER;
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (right > element.scrollLeft + room) element.scrollLeft = right - room;
  }
}

function part(tag, names, attributes = {}, text = '') {
  const element = document.createElement(tag);
  element.className = names;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}
