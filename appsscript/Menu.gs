/**
 * The menu inside the spreadsheet. These run before any right is granted (AuthMode.NONE), so they touch
 * neither Properties nor UrlFetch: one call to either and Google leaves the menu out.
 */

/**
 * Google calls this when the spreadsheet opens. A published add-on has its place under Extensions and no
 * other; a script that belongs to one spreadsheet may stand beside Help, too.
 */
function onOpen() {
  const ui = SpreadsheetApp.getUi();
  fill_(ui.createAddonMenu());
  fill_(ui.createMenu('Rowmill'));
}

/** @param {GoogleAppsScript.Base.Menu} menu */
function fill_(menu) {
  menu
    .addItem('Open', 'openSidebar')
    .addItem('Queue this sheet', 'openSidebarToQueue')
    .addSeparator()
    .addItem('About', 'showAbout')
    .addToUi();
}

/** Google calls this when an add-on is installed. */
function onInstall() {
  onOpen();
}

function openSidebar() {
  showSidebar_('open');
}

/** Opens the sidebar with the receipt of this sheet already being made out. */
function openSidebarToQueue() {
  showSidebar_('check');
}

function showAbout() {
  const ui = SpreadsheetApp.getUi();
  ui.alert(
    'Rowmill',
    'Fills the columns of a sheet in the background: pick the rows, see what the run will cost, press Queue. ' +
      'The chosen columns of the chosen rows are sent to the Rowmill service of your organisation and to its ' +
      'language model; nothing else of this spreadsheet is.',
    ui.ButtonSet.OK
  );
}
