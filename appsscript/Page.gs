/** The sidebar's page, put together from its files. */

/**
 * @param {string} intent What the page does first: 'open', or 'check' to make out the receipt at once.
 */
function showSidebar_(intent) {
  const template = HtmlService.createTemplateFromFile('Sidebar');
  template.intent = intent;
  SpreadsheetApp.getUi().showSidebar(template.evaluate().setTitle('Rowmill'));
}

/**
 * The text of an HTML file, to stand in the template as it is.
 * @param {string} name
 * @return {string}
 */
function include_(name) {
  return HtmlService.createHtmlOutputFromFile(name).getContent();
}
