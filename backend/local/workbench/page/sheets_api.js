// The Sheets stand-in as the sheet's owner sees it: Google's own requests, and the stand-in's side doors.

const DOORS = '/sheets/_standin/workbooks';
const API = '/sheets/_standin/as-owner/v4/spreadsheets';

async function request(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) {
    const said = await answer.text();
    throw new Error(readable(said) || `The sheet answers ${answer.status}.`);
  }
  return answer.json();
}

function readable(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.slice(0, 200);
  }
}

export async function listWorkbooks() {
  const answer = await request('GET', DOORS);
  return answer.workbooks;
}

/** Resolves when something changed after `revision`, or after 20 seconds. */
export function changesSince(id, revision) {
  return request('GET', `${DOORS}/${id}/changes?since=${revision}&wait=20`);
}

/** Title and tabs: `{title, tabs: [{id, title, rows, columns}]}`. */
export async function describe(id) {
  const answer = await request('GET', `${API}/${id}?fields=properties.title,sheets.properties`);
  const tabs = answer.sheets.map(({ properties }) => ({
    id: properties.sheetId,
    title: properties.title,
    rows: properties.gridProperties.rowCount,
    columns: properties.gridProperties.columnCount,
  }));
  return { title: answer.properties.title, tabs };
}

/** Rows of cells as they show; trailing blanks are left out, as in the API. */
export async function readRows(id, sheetId, first, last) {
  return read(id, { sheetId, startRowIndex: first, endRowIndex: last }, 'FORMATTED_VALUE');
}

/** What was typed into one cell: its formula where it has one. */
export async function readTyped(id, sheetId, row, column) {
  const range = { sheetId, startRowIndex: row, endRowIndex: row + 1, startColumnIndex: column, endColumnIndex: column + 1 };
  const [shown, typed] = await Promise.all([read(id, range, 'FORMATTED_VALUE'), read(id, range, 'FORMULA')]);
  const formula = String(typed[0]?.[0] ?? '');
  return formula.startsWith('=') ? formula : String(shown[0]?.[0] ?? '');
}

async function read(id, gridRange, valueRenderOption) {
  const answer = await request('POST', `${API}/${id}/values:batchGetByDataFilter`, {
    dataFilters: [{ gridRange }],
    valueRenderOption,
    dateTimeRenderOption: 'FORMATTED_STRING',
  });
  return answer.valueRanges?.[0]?.valueRange?.values ?? [];
}

/** Types a block of texts into the sheet from its upper left cell, as a person would. */
export function type(id, sheetId, row, column, values) {
  const gridRange = {
    sheetId,
    startRowIndex: row,
    endRowIndex: row + values.length,
    startColumnIndex: column,
    endColumnIndex: column + Math.max(...values.map((line) => line.length)),
  };
  return request('POST', `${API}/${id}/values:batchUpdateByDataFilter`, {
    valueInputOption: 'USER_ENTERED',
    data: [{ dataFilter: { gridRange }, majorDimension: 'ROWS', values }],
  });
}

/** Structural changes, all or none: Google's batchUpdate requests. */
export function change(id, ...requests) {
  return request('POST', `${API}/${id}:batchUpdate`, { requests });
}
