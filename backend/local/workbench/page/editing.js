// Typing into cells, clearing, copying and pasting.

import { readTyped } from './sheets_api.js';

export class Editing {
  /** `failed` is told of errors. */
  constructor(grid, selecting, failed) {
    this.grid = grid;
    this.selecting = selecting;
    this.failed = failed;
    this.editor = null;
    const { element } = grid;
    element.addEventListener('keydown', (event) => this.key(event));
    element.addEventListener('dblclick', (event) => event.target.dataset.row !== undefined && this.openTyped());
    element.addEventListener('copy', (event) => this.copy(event));
    element.addEventListener('cut', (event) => this.copy(event) || this.clear());
    element.addEventListener('paste', (event) => this.paste(event));
  }

  key(event) {
    if (event.target !== this.grid.element || event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, column } = this.grid.active;
    if (event.key === 'Enter' || event.key === 'F2') this.openTyped();
    else if (event.key === 'Delete' || event.key === 'Backspace') this.clear();
    else if (event.key === 'Tab' && event.shiftKey === false && column < this.selecting.last.column) this.selecting.go(row, column + 1);
    else if (event.key.length === 1) this.open(event.key);
    else return;
    event.preventDefault();
  }

  /** Opens the active cell with what was typed into it: the formula, where it has one. */
  async openTyped() {
    const { workbook, sheetId, active } = this.grid;
    try {
      this.open(await readTyped(workbook.id, sheetId, active.row, active.column));
    } catch (error) {
      this.failed(error);
    }
  }

  open(text) {
    const { row, column } = this.grid.active;
    const box = this.grid.box(row, column);
    const editor = document.createElement('textarea');
    editor.className = 'editor';
    editor.setAttribute('aria-label', 'Cell content');
    editor.rows = 1;
    editor.value = text;
    editor.style.cssText = `left:${box.left}px;top:${box.top}px;width:${Math.max(box.width, 160)}px`;
    editor.addEventListener('keydown', (event) => this.editorKey(event));
    editor.addEventListener('input', () => grow(editor));
    editor.addEventListener('blur', () => this.commit());
    this.editor = editor;
    this.place = { row, column, before: text, sheetId: this.grid.sheetId };
    this.grid.canvas.append(editor);
    grow(editor);
    editor.focus();
  }

  editorKey(event) {
    const { row, column } = this.place;
    if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' && !event.altKey) this.commit(row + 1, column);
    else if (event.key === 'Tab') this.commit(row, column + (event.shiftKey ? -1 : 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  close() {
    const { editor } = this;
    this.editor = null;
    editor?.remove();
    this.grid.element.focus({ preventScroll: true });
  }

  commit(row, column) {
    if (!this.editor) return;
    const { place, editor } = this;
    const text = editor.value;
    this.close();
    this.type(place.sheetId, place.row, place.column, [[text]]);
    if (row !== undefined) this.selecting.go(row, column);
  }

  clear() {
    const { row, column, rows, columns } = this.grid.selection;
    const filled = Math.min(rows, this.grid.tab.rows - row);
    this.type(this.grid.sheetId, row, column, Array.from({ length: filled }, () => Array(columns).fill('')));
  }

  async type(sheetId, row, column, values) {
    try {
      await this.grid.workbook.type(sheetId, row, column, values);
    } catch (error) {
      this.failed(error);
    }
  }

  copy(event) {
    if (this.editor) return;
    const { row, column, rows, columns } = this.grid.selection;
    const { workbook, sheetId } = this.grid;
    const text = (down, right) => workbook.text(sheetId, row + down, column + right).replace(/[\t\n]/g, ' ');
    const lines = Array.from({ length: rows }, (_, down) => Array.from({ length: columns }, (_each, right) => text(down, right)).join('\t'));
    event.clipboardData.setData('text/plain', lines.join('\n'));
    event.preventDefault();
  }

  paste(event) {
    if (this.editor) return;
    const { row, column } = this.grid.active;
    const { rows, columns } = this.grid.tab;
    const lines = event.clipboardData.getData('text/plain').replace(/\r?\n$/, '').split(/\r?\n/);
    const values = lines.slice(0, rows - row).map((line) => line.split('\t').slice(0, columns - column));
    this.type(this.grid.sheetId, row, column, values);
    event.preventDefault();
  }
}

function grow(editor) {
  editor.style.height = '0';
  editor.style.height = `${editor.scrollHeight + 4}px`;
}
