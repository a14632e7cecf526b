// SpreadsheetApp over the Sheets stand-in, with the rights of the sheet's owner.

var SpreadsheetApp = (() => {
  const api = (id) => `/sheets/_standin/as-owner/v4/spreadsheets/${id}`;
  const id = () => workbench_context.spreadsheetId;

  function described() {
    return workbench_get(`${api(id())}?fields=properties.title,sheets.properties`);
  }

  function sheet(properties) {
    const grid = properties.gridProperties;
    return {
      getSheetId: () => properties.sheetId,
      getName: () => properties.title,
      getMaxRows: () => grid.rowCount,
      getMaxColumns: () => grid.columnCount,
      getRange: (row, column, rows = 1, columns = 1) => range(properties.sheetId, row, column, rows, columns),
      getActiveRange() {
        const { row, column, rows, columns } = workbench_context.selection;
        return range(properties.sheetId, row, column, rows, columns);
      },
    };
  }

  function range(sheetId, row, column, rows, columns) {
    return {
      getRow: () => row,
      getColumn: () => column,
      getNumRows: () => rows,
      getNumColumns: () => columns,
      getLastRow: () => row + rows - 1,
      activate() {
        workbench_effect('activate', { sheetId, selection: { row, column, rows, columns } });
        return this;
      },
    };
  }

  const spreadsheet = {
    getId: id,
    getName: () => described().properties.title,
    getSheets: () => described().sheets.map((each) => sheet(each.properties)),
    getActiveSheet() {
      const sheets = described().sheets;
      const front = sheets.find((each) => each.properties.sheetId === workbench_context.sheetId);
      return sheet((front || sheets[0]).properties);
    },
    setActiveSheet(which) {
      workbench_context.sheetId = which.getSheetId();
      workbench_effect('activate', { sheetId: which.getSheetId() });
      return which;
    },
    addEditor(email) {
      workbench_request('PUT', `/sheets/_standin/workbooks/${id()}/editors`, { email });
      return this;
    },
    addDeveloperMetadata(metadataKey, metadataValue, visibility) {
      workbench_request('POST', `${api(id())}:batchUpdate`, {
        requests: [
          {
            createDeveloperMetadata: {
              developerMetadata: { metadataKey, metadataValue, visibility, location: { spreadsheet: true } },
            },
          },
        ],
      });
      return this;
    },
    toast(message, title = '') {
      workbench_effect('toast', { message, title });
    },
  };

  const menu = (caption) => {
    const items = [];
    return {
      addItem(label, name) {
        items.push({ label, name });
        return this;
      },
      addSeparator() {
        return this;
      },
      addToUi: () => workbench_effect('menu', { caption, items }),
    };
  };

  const ui = {
    createMenu: menu,
    createAddonMenu: () => menu('Rowmill'),
    showSidebar: (html) => workbench_effect('sidebar', { title: html.getTitle(), html: html.getContent() }),
    alert: (title, message) => workbench_effect('alert', { title, message }),
    ButtonSet: { OK: 'OK' },
  };

  return {
    getActiveSpreadsheet: () => spreadsheet,
    getActiveSheet: () => spreadsheet.getActiveSheet(),
    getUi: () => ui,
    DeveloperMetadataVisibility: { DOCUMENT: 'DOCUMENT', PROJECT: 'PROJECT' },
  };
})();
