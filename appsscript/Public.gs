/**
 * Everything that the page may call, and nothing else: each function is reachable by anyone who can open
 * the sidebar, so each only passes on what the api checks again. All give an Outcome.
 */

/**
 * Where the person stands: document, tab, and whether the set-up has been gone through.
 * @return {Outcome}
 */
function readContext() {
  return outcome_(() => ({ data: context_() }));
}

/**
 * Keeps the service's address for this document, once something that answers like it is there.
 * @param {string} typed
 * @return {Outcome}
 */
function connectBackend(typed) {
  return outcome_(() => connect_(typed));
}

/**
 * Shares the spreadsheet with the service account.
 * @param {string} email
 * @return {Outcome}
 */
function shareWith(email) {
  return outcome_(() => share_(email));
}

/**
 * Proves that the person may edit this spreadsheet; gives a watch token.
 * @return {Outcome}
 */
function proveEdit() {
  return outcome_(() => proveEdit_());
}

/**
 * The person has read what is sent where.
 * @return {Outcome}
 */
function acceptIntroduction() {
  return outcome_(() => {
    rememberIntroduced_();
    return { data: null };
  });
}

/**
 * A new watch token, while the grant lasts.
 * @return {Outcome}
 */
function renewWatchToken() {
  return outcome_(() => ask_(post_('/api/access/watch-tokens', { spreadsheet_id: spreadsheetId_() })));
}

/**
 * @param {number} sheetId
 * @return {Outcome}
 */
function readSheet(sheetId) {
  return outcome_(() => ask_(get_(sheetPath_(spreadsheetId_()), { sheet_id: sheetId })));
}

/**
 * The different values of a column, with their counts.
 * @param {number} sheetId
 * @param {string} header
 * @return {Outcome}
 */
function readColumnValues(sheetId, header) {
  return outcome_(() =>
    ask_(get_(sheetPath_(spreadsheetId_()) + '/values', { sheet_id: sheetId, column: header }))
  );
}

/**
 * The rows selected in the sheet.
 * @return {Outcome} data: {sheetId, firstRow, rows}
 */
function readSelection() {
  return outcome_(() => ({ data: selection_() }));
}

/**
 * Brings a row into view.
 * @param {number} sheetId
 * @param {number} row As the sheet numbers it.
 * @return {Outcome}
 */
function goToRow(sheetId, row) {
  return outcome_(() => goToRow_(sheetId, row));
}

/**
 * What a run would cost, before it is made.
 * @param {Fields} selection
 * @return {Outcome}
 */
function estimate(selection) {
  return outcome_(() => ask_(post_('/api/estimates', ofThisDocument_(selection))));
}

/**
 * @param {Fields} job
 * @param {string} key Sent again with the same job it creates nothing twice.
 * @return {Outcome}
 */
function createJobs(job, key) {
  return outcome_(() => ask_(once_(post_('/api/jobs', ofThisDocument_(job)), key)));
}

/**
 * @param {Fields} query status, recipe, sheet_id, limit, cursor
 * @return {Outcome}
 */
function listJobs(query) {
  return outcome_(() => ask_(get_('/api/jobs', ofThisDocument_(query))));
}

/**
 * @param {string} id
 * @return {Outcome}
 */
function readJob(id) {
  return outcome_(() => ask_(get_(jobPath_(id), {})));
}

/**
 * Priority or budget of a job.
 * @param {string} id
 * @param {Fields} change
 * @return {Outcome}
 */
function changeJob(id, change) {
  return outcome_(() => ask_(patch_(jobPath_(id), change)));
}

/**
 * @param {string} id
 * @param {string} move pause, resume, cancel, retry, undo or delete
 * @param {Fields} details For retry: {error_class}
 * @return {Outcome}
 */
function moveJob(id, move, details) {
  return outcome_(() => ask_(move_(id, move, details)));
}

/**
 * One move on many jobs: {action, ids}, or {action, filter} and then the cursor that came, for those that are left.
 * @param {Fields} asked
 * @return {Outcome}
 */
function moveJobs(asked) {
  return outcome_(() => ask_(post_('/api/jobs/actions', ofThisDocument_(asked))));
}

/**
 * Receipts of a job's rows.
 * @param {string} id
 * @param {Fields} query status, error_class, limit, cursor
 * @return {Outcome}
 */
function listRows(id, query) {
  return outcome_(() => ask_(get_(jobPath_(id) + '/rows', query)));
}

/**
 * The website's text that a row was asked with.
 * @param {string} id
 * @param {string} receipt
 * @return {Outcome}
 */
function readPage(id, receipt) {
  return outcome_(() => ask_(get_(jobPath_(id) + '/rows/' + encodeURIComponent(receipt) + '/page', {})));
}

/**
 * @param {string} id
 * @param {Fields} query cursor
 * @return {Outcome}
 */
function listEvents(id, query) {
  return outcome_(() => ask_(get_(jobPath_(id) + '/events', query)));
}

/**
 * A link to a job's results, good once.
 * @param {string} id
 * @param {string} kind csv or xlsx
 * @return {Outcome}
 */
function prepareDownload(id, kind) {
  return outcome_(() => ask_(post_(jobPath_(id) + '/downloads/' + encodeURIComponent(kind), {})));
}

/**
 * What happened in this spreadsheet, step by step.
 * @param {number} hours 24 or 720
 * @return {Outcome}
 */
function readStats(hours) {
  return outcome_(() => ask_(get_('/api/stats', ofThisDocument_({ hours }))));
}

/**
 * Runs that repeat: their next times, and how the last ones went.
 * @return {Outcome}
 */
function listSchedules() {
  return outcome_(() => ask_(get_('/api/schedules', ofThisDocument_({}))));
}

/**
 * When a schedule would run, before it is made.
 * @param {string} cron
 * @param {string} zone
 * @return {Outcome}
 */
function readTimes(cron, zone) {
  return outcome_(() => ask_(get_('/api/schedules/times', { cron, time_zone: zone })));
}

/**
 * @param {Fields} schedule
 * @param {string} key Sent again with the same schedule it creates nothing twice.
 * @return {Outcome}
 */
function createSchedule(schedule, key) {
  return outcome_(() => ask_(once_(post_('/api/schedules', ofThisDocument_(schedule)), key)));
}

/**
 * @param {string} id
 * @param {string} move pause, resume or remove
 * @return {Outcome}
 */
function moveSchedule(id, move) {
  return outcome_(() => ask_(moveSchedule_(id, move, spreadsheetId_())));
}

/**
 * Versions and limits of the service, and where its answers come from.
 * @return {Outcome}
 */
function readSystem() {
  return outcome_(() => ask_(get_('/api/system', {})));
}

/**
 * Keeps the person's own key for the model, once the provider has taken it. It passes through and stays nowhere.
 * @param {string} key
 * @return {Outcome}
 */
function setKey(key) {
  return outcome_(() => ask_(put_('/api/key', { api_key: key })));
}

/**
 * Asks the provider whether it takes the key that is kept.
 * @return {Outcome}
 */
function testKey() {
  return outcome_(() => ask_(post_('/api/key/test', {})));
}

/**
 * @return {Outcome}
 */
function removeKey() {
  return outcome_(() => ask_(delete_('/api/key')));
}

/**
 * Leave to send one file straight to the service: a token for it, and the address.
 * @param {Fields} file name, sheet (a tab of a workbook, or null)
 * @return {Outcome}
 */
function prepareUpload(file) {
  return outcome_(() => ask_(post_('/api/imports/tokens', ofThisDocument_(file))));
}

/**
 * The person's newest upload into this document, if there is one.
 * @return {Outcome}
 */
function listUploads() {
  return outcome_(() => ask_(get_('/api/imports', ofThisDocument_({}))));
}

/**
 * Makes the new tab, or writes its next rows; again until it is done.
 * @param {string} id
 * @param {string|null} title null: like the file
 * @return {Outcome}
 */
function writeUpload(id, title) {
  return outcome_(() => ask_(post_(importPath_(spreadsheetId_(), id, '/write'), { title })));
}

/**
 * Cancels an upload; a tab that is not whole yet is removed.
 * @param {string} id
 * @return {Outcome}
 */
function forgetUpload(id) {
  return outcome_(() => ask_(delete_(importPath_(spreadsheetId_(), id, ''))));
}
