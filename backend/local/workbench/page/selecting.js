// Which cells are selected: by mouse, by keyboard, by whole rows and columns.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class Selecting {
  /** Calls `changed` after each move. */
  constructor(grid, changed) {
    this.grid = grid;
    this.changed = changed;
    this.anchor = { row: 1, column: 0 };
    grid.element.addEventListener('mousedown', (event) => this.press(event));
    grid.element.addEventListener('mousemove', (event) => event.buttons === 1 && this.drag(event));
    grid.element.addEventListener('keydown', (event) => this.key(event));
  }

  get last() {
    const { rows, columns } = this.grid.tab;
    return { row: rows - 1, column: columns - 1 };
  }

  /** Makes one cell active; with `extend` the selection reaches from where it began to there. */
  go(row, column, extend = false) {
    const to = { row: clamp(row, this.last.row), column: clamp(column, this.last.column) };
    if (!extend) this.anchor = to;
    const { grid, anchor } = this;
    const [row0, column0] = [Math.min(anchor.row, to.row), Math.min(anchor.column, to.column)];
    grid.active = extend ? anchor : to;
    this.head = to;
    grid.selection = {
      row: row0,
      column: column0,
      rows: Math.abs(anchor.row - to.row) + 1,
      columns: Math.abs(anchor.column - to.column) + 1,
    };
    grid.reveal(to.row, to.column);
    grid.draw();
    this.changed();
  }

  pick(selection) {
    this.anchor = { row: selection.row, column: selection.column };
    this.grid.active = this.anchor;
    this.grid.selection = selection;
    this.head = { row: selection.row + selection.rows - 1, column: selection.column };
    this.grid.reveal(selection.row, selection.column);
    this.grid.draw();
    this.changed();
  }

  press(event) {
    const { row, column, number, letter } = event.target.dataset;
    if (event.button !== 0 || event.target.closest('.editor')) return;
    if (row !== undefined) this.go(Number(row), Number(column), event.shiftKey);
    else if (number !== undefined) this.pick({ row: Number(number), column: 0, rows: 1, columns: this.last.column + 1 });
    else if (letter !== undefined) this.pick({ row: 0, column: Number(letter), rows: this.last.row + 1, columns: 1 });
  }

  drag(event) {
    const { row, column } = event.target.dataset;
    if (row !== undefined && this.head) this.go(Number(row), Number(column), true);
  }

  key(event) {
    if (event.target !== this.grid.element) return;
    const from = event.shiftKey ? this.head ?? this.grid.active : this.grid.active;
    const far = event.ctrlKey || event.metaKey;
    if (event.key in STEPS) {
      const [down, right] = STEPS[event.key];
      const leap = (step, last) => (far && step ? step * last : step);
      this.go(from.row + leap(down, this.last.row), from.column + leap(right, this.last.column), event.shiftKey);
    } else if (event.key === 'PageDown' || event.key === 'PageUp') {
      const page = Math.floor(this.grid.element.clientHeight / 24) - 3;
      this.go(from.row + (event.key === 'PageDown' ? page : -page), from.column, event.shiftKey);
    } else if (event.key === 'Home') this.go(far ? 0 : from.row, 0, event.shiftKey);
    else if (event.key === 'End') this.go(far ? this.last.row : from.row, this.last.column, event.shiftKey);
    else return;
    event.preventDefault();
  }
}

function clamp(value, last) {
  return Math.min(last, Math.max(0, value));
}
