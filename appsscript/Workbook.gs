/** The spreadsheet itself, touched as little as can be: no cell is read or written by the script. */

/** @return {string} */
function spreadsheetId_() {
  return SpreadsheetApp.getActiveSpreadsheet().getId();
}

/**
 * @param {Fields} fields
 * @return {Fields} The same, of this document.
 */
function ofThisDocument_(fields) {
  return Object.assign({}, fields, { spreadsheet_id: spreadsheetId_() });
}

/**
 * @return {Context}
 */
function context_() {
  const spreadsheet = SpreadsheetApp.getActiveSpreadsheet();
  const sheet = spreadsheet.getActiveSheet();
  return {
    spreadsheetId: spreadsheet.getId(),
    sheetId: sheet.getSheetId(),
    sheetName: sheet.getName(),
    address: backendAddress_(),
    introduced: introduced_(),
  };
}

/**
 * @return {{sheetId: number, firstRow: number, rows: number}}
 */
function selection_() {
  const sheet = SpreadsheetApp.getActiveSpreadsheet().getActiveSheet();
  const range = sheet.getActiveRange();
  return {
    sheetId: sheet.getSheetId(),
    firstRow: range ? range.getRow() : 1,
    rows: range ? range.getNumRows() : 1,
  };
}

/**
 * @param {number} sheetId
 * @param {number} row
 * @return {Outcome}
 */
function goToRow_(sheetId, row) {
  const spreadsheet = SpreadsheetApp.getActiveSpreadsheet();
  const sheet = spreadsheet.getSheets().find((each) => each.getSheetId() === sheetId);
  if (!sheet) return { problem: problem_(404, 'no_sheet', 'The sheet is gone', 'It has been deleted since.') };
  if (row > sheet.getMaxRows()) {
    return { problem: problem_(404, 'no_row', 'The row is gone', 'The sheet now ends before row ' + row + '.') };
  }
  spreadsheet.setActiveSheet(sheet);
  sheet.getRange(row, 1, 1, sheet.getMaxColumns()).activate();
  return { data: null };
}
