/** Requests to the api as values: pure code, sent by Backend.gs. */

/**
 * @param {string} path
 * @param {Fields} query Absent, null and empty values are left out.
 * @return {ApiRequest}
 */
function get_(path, query) {
  const pairs = Object.keys(query)
    .filter((name) => query[name] !== null && query[name] !== undefined && query[name] !== '')
    .map((name) => encodeURIComponent(name) + '=' + encodeURIComponent(String(query[name])));
  return { method: 'get', path: pairs.length ? path + '?' + pairs.join('&') : path, body: null, headers: {} };
}

/**
 * @param {string} path
 * @param {Fields} body
 * @return {ApiRequest}
 */
function post_(path, body) {
  return { method: 'post', path, body, headers: {} };
}

/**
 * @param {string} path
 * @param {Fields} body
 * @return {ApiRequest}
 */
function patch_(path, body) {
  return { method: 'patch', path, body, headers: {} };
}

/**
 * @param {string} path
 * @param {Fields} body
 * @return {ApiRequest}
 */
function put_(path, body) {
  return { method: 'put', path, body, headers: {} };
}

/**
 * @param {string} path
 * @return {ApiRequest}
 */
function delete_(path) {
  return { method: 'delete', path, body: null, headers: {} };
}

/**
 * The same request, to be done once however often it arrives.
 * @param {ApiRequest} request
 * @param {string} key
 * @return {ApiRequest}
 */
function once_(request, key) {
  return Object.assign({}, request, { headers: Object.assign({}, request.headers, { 'Idempotency-Key': key }) });
}

/**
 * A move of one job. Deleting is a method of its own; only retry has details.
 * @param {string} id
 * @param {string} move
 * @param {Fields} details
 * @return {ApiRequest}
 */
function move_(id, move, details) {
  if (move === 'delete') return delete_(jobPath_(id));
  return post_(jobPath_(id) + '/' + encodeURIComponent(move), details || {});
}

/**
 * A move of one schedule, which is found by its spreadsheet too. Removing is a method of its own.
 * @param {string} id
 * @param {string} move
 * @param {string} spreadsheetId
 * @return {ApiRequest}
 */
function moveSchedule_(id, move, spreadsheetId) {
  const path = '/api/schedules/' + encodeURIComponent(id);
  const of = '?spreadsheet_id=' + encodeURIComponent(spreadsheetId);
  if (move === 'remove') return { method: 'delete', path: path + of, body: null, headers: {} };
  return post_(path + '/' + encodeURIComponent(move) + of, {});
}

/**
 * @param {string} id
 * @return {string}
 */
function jobPath_(id) {
  return '/api/jobs/' + encodeURIComponent(id);
}

/**
 * @param {string} spreadsheetId
 * @param {string} id
 * @param {string} step
 * @return {string}
 */
function importPath_(spreadsheetId, id, step) {
  return get_('/api/imports/' + encodeURIComponent(id) + step, { spreadsheet_id: spreadsheetId }).path;
}

/**
 * @param {string} spreadsheetId
 * @return {string}
 */
function sheetPath_(spreadsheetId) {
  return '/api/sheets/' + encodeURIComponent(spreadsheetId);
}
