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
 * A request that got no answer at all.
 * @param {string} said What Google threw.
 * @return {Problem}
 */
function notSent_(said) {
  if (isQuota_(said)) return stopped_(said);
  return problem_(
    0,
    'unreachable',
    'Rowmill does not answer',
    'The service could not be reached. Your jobs go on without the sidebar.'
  );
}

/**
 * A step that Google did not let the script end.
 * @param {string} said What Google threw.
 * @return {Problem}
 */
function stopped_(said) {
  if (!isQuota_(said)) return problem_(0, 'script', 'Google stopped this step', said);
  return /one day/i.test(said)
    ? problem_(
        0,
        'day_quota',
        'Google’s limit for today is reached',
        'Google lets the script of a sidebar call its service only so often a day. It goes on within 24 hours; your jobs go on without it.'
      )
    : problem_(
        0,
        'quota',
        'Google asks for a pause',
        'The script was called too often in a short time. Wait a minute, then try again; your jobs go on meanwhile.'
      );
}

/**
 * Whether it is one of Google's quotas, such as "Service invoked too many times for one day: urlfetch.".
 * @param {string} said
 * @return {boolean}
 */
function isQuota_(said) {
  return /invoked too many times|too many scripts running/i.test(said);
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
