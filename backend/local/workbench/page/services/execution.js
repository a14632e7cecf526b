// One execution of the sidebar's script: a worker that loads the services and the .gs files, runs one
// function and ends. As at Google, no global value survives from one execution to the next.
//
// In:  {context: {spreadsheetId, sheetId, selection, order}, call: {name, arguments}}
// Out: {effect: {kind, …}} for what the script does to the page; last {result} or {error: {name, message}}

importScripts(
  '/page/services/http.js',
  '/page/services/spreadsheet_app.js',
  '/page/services/html_service.js',
  '/page/services/script_services.js',
);

/** What the page knew when the execution began: the open document, the tab in front, the selection. */
var workbench_context = {};

/** Tells the page what the script did to it: a sidebar shown, a tab activated, a message. */
function workbench_effect(kind, facts) {
  self.postMessage({ effect: { kind, ...facts } });
}

function workbench_load(order) {
  const files = workbench_get('/appsscript/').gs;
  importScripts(...(order === 'reverse' ? files.reverse() : files).map((file) => `/appsscript/${file}`));
}

let loaded;
const preparation = new URLSearchParams(self.location.search).get('order');
try {
  workbench_load(preparation);
} catch (error) {
  loaded = error;
}

self.onmessage = ({ data }) => {
  workbench_context = data.context;
  try {
    if (loaded) throw loaded;
    const result = self[data.call.name](...data.call.arguments);
    // What cannot be cloned (a service's object) is dropped silently by the real one.
    self.postMessage({ result: result === undefined ? null : JSON.parse(JSON.stringify(result)) });
  } catch (error) {
    self.postMessage({ error: { name: error.name, message: error.message } });
  }
};
