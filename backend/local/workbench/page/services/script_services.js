// UrlFetchApp, ScriptApp, PropertiesService, Session, Utilities, console: what of them the sidebar uses.

var UrlFetchApp = {
  /** Reaches the backend alone. Without muteHttpExceptions an answer from 400 on is an exception. */
  fetch(url, options = {}) {
    const headers = { ...options.headers };
    if (options.contentType) headers['Content-Type'] = options.contentType;
    const answer = workbench_request('POST', '/_workbench/fetch', {
      url,
      method: (options.method || 'get').toUpperCase(),
      headers,
      payload: options.payload ?? null,
    });
    if (answer.error) throw new Error(answer.error);
    if (answer.status >= 400 && !options.muteHttpExceptions) {
      throw new Error(`Request failed for ${url} returned code ${answer.status}.`);
    }
    return {
      getResponseCode: () => answer.status,
      getContentText: () => answer.body,
      getHeaders: () => answer.headers,
    };
  },
};

var ScriptApp = {
  AuthMode: { NONE: 'NONE', LIMITED: 'LIMITED', FULL: 'FULL', CUSTOM_FUNCTION: 'CUSTOM_FUNCTION' },
  getIdentityToken: () => workbench_request('POST', '/_workbench/id_token', {}).token,
};

var PropertiesService = (() => {
  function store(name) {
    const path = () => `/_workbench/properties/${encodeURIComponent(name())}`;
    return {
      getProperty: (key) => workbench_get(path())[key] ?? null,
      setProperty(key, value) {
        workbench_request('PUT', path(), { ...workbench_get(path()), [key]: String(value) });
        return this;
      },
      deleteProperty(key) {
        const { [key]: _gone, ...left } = workbench_get(path());
        workbench_request('PUT', path(), left);
        return this;
      },
    };
  }
  return {
    getScriptProperties: () => store(() => 'script'),
    getDocumentProperties: () => store(() => workbench_context.spreadsheetId),
    getUserProperties: () => store(() => `user ${workbench_context.spreadsheetId}`),
  };
})();

var Session = {
  getActiveUser: () => ({ getEmail: () => workbench_get('/_workbench/settings').user }),
};
