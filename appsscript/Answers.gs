/** Answers of the api as Outcomes: pure code. Errors come as application/problem+json (RFC 9457). */

/**
 * @param {number} status
 * @param {string} text
 * @return {Outcome}
 */
function answer_(status, text) {
  const body = parsed_(text);
  if (status >= 200 && status < 300) {
    if (status === 204) return { data: null };
    return body === undefined ? { problem: notOurs_(status) } : { data: body };
  }
  if (body && typeof body.title === 'string' && typeof body.detail === 'string') {
    return {
      problem: {
        status,
        code: body.code || null,
        title: body.title,
        detail: body.detail,
        fields: body.fields || null,
        trace: body.trace_id || null,
      },
    };
  }
  return { problem: notOurs_(status) };
}

/**
 * What a proxy or a starting service answers instead of the api.
 * @param {number} status
 * @return {Problem}
 */
function notOurs_(status) {
  const busy = status === 429 || status >= 500;
  return problem_(
    status,
    busy ? 'unreachable' : 'not_rowmill',
    busy ? 'Rowmill does not answer just now' : 'This is not Rowmill',
    busy
      ? 'The service is starting or busy (' + status + '). Your jobs go on without the sidebar.'
      : 'The address of the service answers ' + status + ', which Rowmill would not. Check the address.'
  );
}

/**
 * @param {number} status
 * @param {string} code
 * @param {string} title
 * @param {string} detail
 * @return {Problem}
 */
function problem_(status, code, title, detail) {
  return { status, code, title, detail, fields: null, trace: null };
}

/**
 * @param {string} text
 * @return {any} undefined when it is not JSON
 */
function parsed_(text) {
  try {
    return JSON.parse(text);
  } catch (notJson) {
    return undefined;
  }
}
