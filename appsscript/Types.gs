/** The shapes that the script's functions hand to each other and to the page. Types only. */

/** @typedef {{[name: string]: any}} Fields */

/**
 * A request to the api.
 * @typedef {{method: 'get'|'post'|'put'|'patch'|'delete', path: string, body: Fields|null, headers: Fields}} ApiRequest
 */

/**
 * What went wrong, for the page to show. `status` 0: no answer came. `code` chooses the page's next step.
 * @typedef {{status: number, code: string|null, title: string, detail: string, fields: Fields|null,
 *   trace: string|null, serviceAccount?: string}} Problem
 */

/**
 * Either data or a problem.
 * @typedef {{data?: any, problem?: Problem}} Outcome
 */

/**
 * @typedef {{spreadsheetId: string, sheetId: number, sheetName: string, address: string|null,
 *   introduced: boolean}} Context
 */
