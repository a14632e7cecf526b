/**
 * The menu inside the spreadsheet. These run before any right is granted (AuthMode.NONE), so they touch
 * neither Properties nor UrlFetch: one call to either and Google leaves the menu out.
 */

/** Google calls this when the spreadsheet opens. */
function onOpen() {
  SpreadsheetApp.getUi()
    .createMenu('Rowmill')
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
