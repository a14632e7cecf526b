// Rows, columns and tabs that come, go and move: the menus above the grid.

import { change } from './sheets_api.js';

export class Structure {
  /** `front(sheetId)` brings a tab to the front; `failed` is told of errors. */
  constructor(grid, front, failed) {
    this.grid = grid;
    this.front = front;
    this.failed = failed;
    this.fill('rows-menu', {
      'Insert a row above': () => this.insert('ROWS', this.picked.row, false),
      'Insert a row below': () => this.insert('ROWS', this.picked.row + this.picked.rows, true),
      'Delete the selected rows': () => this.remove('ROWS', this.picked.row, this.picked.rows),
      'Sort by this column, A to Z': () => this.sort('ASCENDING'),
      'Sort by this column, Z to A': () => this.sort('DESCENDING'),
    });
    this.fill('columns-menu', {
      'Insert a column to the left': () => this.insert('COLUMNS', this.picked.column, false),
      'Insert a column to the right': () => this.insert('COLUMNS', this.picked.column + this.picked.columns, true),
      'Move to the left': () => this.moveColumns(this.picked.column - 1),
      'Move to the right': () => this.moveColumns(this.picked.column + this.picked.columns + 1),
      'Delete the selected columns': () => this.remove('COLUMNS', this.picked.column, this.picked.columns),
    });
    this.fill('tabs-menu', {
      'Add a tab': () => this.addTab(),
      'Rename this tab': () => this.renameTab(),
      'Delete this tab': () => this.send({ deleteSheet: { sheetId: this.grid.sheetId } }),
    });
  }

  get picked() {
    return this.grid.selection;
  }

  fill(id, actions) {
    const menu = document.getElementById(id);
    for (const [label, action] of Object.entries(actions)) {
      const item = document.createElement('button');
      item.type = 'button';
      item.textContent = label;
      item.addEventListener('click', () => {
        menu.hidePopover();
        action();
      });
      menu.append(item);
    }
  }

  async send(...requests) {
    try {
      const { workbook } = this.grid;
      const answer = await change(workbook.id, ...requests);
      await workbook.describe();
      return answer;
    } catch (error) {
      this.failed(error);
      return null;
    }
  }

  span(dimension, startIndex, length) {
    return { sheetId: this.grid.sheetId, dimension, startIndex, endIndex: startIndex + length };
  }

  insert(dimension, at, inheritFromBefore) {
    this.send({ insertDimension: { range: this.span(dimension, at, 1), inheritFromBefore } });
  }

  remove(dimension, at, length) {
    this.send({ deleteDimension: { range: this.span(dimension, at, length) } });
  }

  moveColumns(destinationIndex) {
    if (destinationIndex < 0 || destinationIndex > this.grid.tab.columns) return;
    const source = this.span('COLUMNS', this.picked.column, this.picked.columns);
    this.send({ moveDimension: { source, destinationIndex } });
  }

  /** Everything below the header. */
  sort(sortOrder) {
    const { sheetId, tab } = this.grid;
    const range = { sheetId, startRowIndex: 1, endRowIndex: tab.rows, startColumnIndex: 0, endColumnIndex: tab.columns };
    this.send({ sortRange: { range, sortSpecs: [{ dimensionIndex: this.picked.column, sortOrder }] } });
  }

  async addTab() {
    const answer = await this.send({ addSheet: { properties: {} } });
    if (answer) this.front(answer.replies[0].addSheet.properties.sheetId);
  }

  renameTab() {
    const title = prompt('Name of the tab', this.grid.tab.title);
    if (!title) return;
    const properties = { sheetId: this.grid.sheetId, title };
    this.send({ updateSheetProperties: { properties, fields: 'title' } });
  }
}
