// Runs the sidebar's .gs files, unmodified, in a context of their own, over services that record what they
// are asked. For each line of JSON on the standard input it writes one to the standard output, each run in
// a context of its own; it ends when the input does.
//
// In:  {files: [paths in load order], call: {name, arguments}, world: {token, answers, properties, …}}
// Out: {result} or {threw}, and {asked: [what the services were asked, in order]}

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import vm from 'node:vm';

let world = {};
let asked = [];

function note(what, facts = {}) {
  asked.push({ what, ...facts });
}

function refuseIf(action) {
  if ((world.refuses ?? []).includes(action)) throw new Error(`You do not have permission to call ${action}`);
}

function store(name) {
  const values = (world.properties ??= {})[name] ?? {};
  return {
    getProperty: (key) => (note('property', { name, key }), values[key] ?? null),
    setProperty: (key, value) => (note('setProperty', { name, key, value }), (values[key] = value)),
  };
}

function menu(caption) {
  const items = [];
  const made = {
    addItem: (label, name) => (items.push([label, name]), made),
    addSeparator: () => made,
    addToUi: () => note('menu', { caption, items }),
  };
  return made;
}

function sheet({ id, name, rows, columns, selection }) {
  return {
    getSheetId: () => id,
    getName: () => name,
    getMaxRows: () => rows,
    getMaxColumns: () => columns,
    getActiveRange: () => selection && { getRow: () => selection[0], getNumRows: () => selection[1] },
    getRange: (...place) => ({ activate: () => note('activate', { sheet: id, place }) }),
  };
}

const SHEET = { id: 0, name: 'Sheet1', rows: 100, columns: 10, selection: [1, 1] };

const sheets = () => (world.sheets ?? [SHEET]).map(sheet);

const services = {
  SpreadsheetApp: {
    DeveloperMetadataVisibility: { DOCUMENT: 'DOCUMENT', PROJECT: 'PROJECT' },
    getUi: () => ({
      createMenu: menu,
      createAddonMenu: () => menu('Extensions'),
      showSidebar: (page) => note('sidebar', page),
      alert: (title, message) => note('alert', { title, message }),
      ButtonSet: { OK: 'OK' },
    }),
    getActiveSpreadsheet: () => ({
      getId: () => 'spreadsheet-0123456789',
      getSheets: sheets,
      getActiveSheet: () => sheets()[0],
      setActiveSheet: (front) => note('front', { sheet: front.getSheetId() }),
      addEditor: (email) => (refuseIf('addEditor'), note('addEditor', { email })),
      addDeveloperMetadata: (key, value, visibility) => {
        refuseIf('addDeveloperMetadata');
        note('metadata', { key, value, visibility });
      },
    }),
  },
  HtmlService: {
    createTemplateFromFile: (name) => ({
      evaluate() {
        const { evaluate: _method, ...variables } = this;
        return { setTitle: (title) => ({ name, title, variables }) };
      },
    }),
    createHtmlOutputFromFile: (name) => ({ getContent: () => `content of ${name}` }),
  },
  PropertiesService: {
    getDocumentProperties: () => store('document'),
    getScriptProperties: () => store('script'),
    getUserProperties: () => store('user'),
  },
  ScriptApp: { getIdentityToken: () => ('token' in world ? world.token : 'id-token') },
  UrlFetchApp: {
    fetch(url, options) {
      note('fetch', { url, ...options });
      const answer = (world.answers ?? []).shift();
      if (!answer) throw new Error(`Address unavailable: ${url}`);
      if (typeof answer === 'string') throw new Error(answer);
      const [status, body] = answer;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return { getResponseCode: () => status, getContentText: () => text };
    },
  },
};

/** The language of Apps Script and nothing of Node: no fetch, no URL, no timers. */
function run({ files, call, world: given }) {
  world = given;
  asked = [];
  const context = vm.createContext({ ...services });
  for (const file of files) vm.runInContext(readFileSync(file, 'utf8'), context, { filename: file });
  if (call.name === '(names)') {
    const result = Object.keys(context).filter((name) => typeof context[name] === 'function');
    return { result, asked };
  }
  try {
    return { result: context[call.name](...call.arguments) ?? null, asked };
  } catch (error) {
    return { threw: String(error.message), asked };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(run(JSON.parse(line)))}\n`);
}
