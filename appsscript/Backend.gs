/** The one place where the script speaks to the api, with the ID token of the person at the sheet. */

/**
 * Runs what a public function does, and turns an exception into a problem that the page can show.
 * @param {function(): Outcome} action
 * @return {Outcome}
 */
function outcome_(action) {
  try {
    return action();
  } catch (thrown) {
    return { problem: stopped_(said_(thrown)) };
  }
}

/**
 * @param {unknown} thrown
 * @return {string} Google's own words.
 */
function said_(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * @param {ApiRequest} request
 * @return {Outcome}
 */
function ask_(request) {
  const address = backendAddress_();
  if (!address) {
    return { problem: problem_(0, 'no_address', 'Not connected yet', 'The address of the service is not set.') };
  }
  return send_(address, request);
}

/**
 * @param {string} address
 * @param {ApiRequest} request
 * @return {Outcome}
 */
function send_(address, request) {
  const token = ScriptApp.getIdentityToken();
  if (!token) {
    return {
      problem: problem_(401, 'no_identity', 'Google did not say who you are', 'Close the sidebar and allow it again.'),
    };
  }
  /** @type {GoogleAppsScript.URL_Fetch.URLFetchRequestOptions} */
  const options = {
    method: request.method,
    headers: Object.assign({ Authorization: 'Bearer ' + token }, request.headers),
    muteHttpExceptions: true,
    followRedirects: false,
  };
  if (request.body !== null) {
    options.contentType = 'application/json';
    options.payload = JSON.stringify(request.body);
  }
  try {
    const answer = UrlFetchApp.fetch(address + request.path, options);
    return answer_(answer.getResponseCode(), answer.getContentText());
  } catch (thrown) {
    return { problem: notSent_(said_(thrown)) };
  }
}
