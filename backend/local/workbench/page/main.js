// Puts the page together: the chooser, the sheet on the left, the sidebar on the right.
//
// In the address: `workbook` (its id), `order=reverse` (load the .gs files backwards), `latency` (ms of a
// google.script.run call).

import { Editing } from './editing.js';
import { Grid } from './grid.js';
import { letters } from './letters.js';
import { ScriptHost } from './script_host.js';
import { Selecting } from './selecting.js';
import { listWorkbooks } from './sheets_api.js';
import { Structure } from './structure.js';
import { Workbook } from './workbook.js';

const LATENCY_MS = 150;
const MESSAGE_MS = 8000;

const asked = new URLSearchParams(location.search);
const at = (id) => document.getElementById(id);

const grid = new Grid(at('grid'));
const selecting = new Selecting(grid, showActive);
new Editing(grid, selecting, (error) => say(error.message));
new Structure(grid, front, (error) => say(error.message));

const host = new ScriptHost({
  order: asked.get('order') ?? 'forward',
  latency_ms: Number(asked.get('latency') ?? LATENCY_MS),
  context: () => ({
    spreadsheetId: grid.workbook.id,
    sheetId: grid.sheetId,
    // Google counts rows and columns from 1.
    selection: { ...grid.selection, row: grid.selection.row + 1, column: grid.selection.column + 1 },
  }),
  effects: {
    toast: ({ message, title }) => say(title ? `${title}: ${message}` : message),
    alert: ({ title, message }) => say(`${title}: ${message}`),
    activate: ({ sheetId, selection }) => {
      if (sheetId !== grid.sheetId) front(sheetId);
      if (selection) selecting.pick({ ...selection, row: selection.row - 1, column: selection.column - 1 });
    },
    menu: ({ items }) => showMenu(items),
  },
});

function say(text) {
  const message = document.createElement('p');
  message.textContent = text;
  at('messages').append(message);
  setTimeout(() => message.remove(), MESSAGE_MS);
}

function showActive() {
  const { row, column } = grid.active;
  at('where').textContent = `${letters(column)}${row + 1}`;
  at('content').textContent = grid.workbook.text(grid.sheetId, row, column).slice(0, 1000);
}

function showTabs() {
  const { tabs } = grid.workbook;
  if (!grid.tab) return front(tabs[0].id);
  at('tabs').replaceChildren(
    ...tabs.map((tab) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.role = 'tab';
      button.ariaSelected = String(tab.id === grid.sheetId);
      button.textContent = tab.title;
      button.addEventListener('click', () => front(tab.id));
      return button;
    }),
  );
  grid.draw();
}

function front(sheetId) {
  grid.show(grid.workbook, sheetId);
  selecting.go(1, 0);
  showTabs();
}

function showMenu(items) {
  at('script-button').hidden = false;
  at('script-menu').replaceChildren(
    ...items.map(({ label, name }) => {
      const item = document.createElement('button');
      item.type = 'button';
      item.textContent = label;
      item.addEventListener('click', () => {
        at('script-menu').hidePopover();
        host.execute(name).catch((error) => say(error.message));
      });
      return item;
    }),
  );
}

async function openWorkbook(id) {
  grid.workbook?.close();
  const workbook = new Workbook(id);
  grid.workbook = workbook;
  workbook.addEventListener('tabs', showTabs);
  workbook.addEventListener('cells', ({ detail }) => {
    if (detail.sheetId !== grid.sheetId || workbook !== grid.workbook) return;
    grid.light(detail.cells);
    grid.draw();
    showActive();
  });
  await workbook.open();
  await host.execute('onOpen');
  await host.execute('openSidebar');
}

async function showChooser(workbooks) {
  at('workbooks').replaceChildren(...workbooks.map(({ id, title }) => new Option(title, id)));
  at('workbooks').addEventListener('change', ({ target }) => {
    history.replaceState(null, '', `?${new URLSearchParams({ ...Object.fromEntries(asked), workbook: target.value })}`);
    openWorkbook(target.value).catch((error) => say(error.message));
  });
}

async function showSettings() {
  const { console: queues, system, user } = await (await fetch('/_workbench/settings')).json();
  at('console').href = queues;
  at('notice').textContent = `${whereAnswersComeFrom(system)} You are ${user}.`;
}

function whereAnswersComeFrom(system) {
  if (!system) return 'The backend does not answer yet. The sheet and the sign-in are stand-ins on this machine.';
  if (system.standin) return 'Everything here runs on this machine; answers come from an offline stand-in.';
  return `The sheet and the sign-in are stand-ins on this machine; answers come from ${system.model} at ${system.provider}.`;
}

async function start() {
  showSettings();
  const workbooks = await listWorkbooks();
  if (!workbooks.length) return say('There is no workbook yet.');
  await showChooser(workbooks);
  const id = workbooks.some((each) => each.id === asked.get('workbook')) ? asked.get('workbook') : workbooks[0].id;
  at('workbooks').value = id;
  await openWorkbook(id);
}

start().catch((error) => say(error.message));
